import type { RegistryClient } from "../oci/registry/client.ts";
import type { GrowingSource } from "../oci/registry/push-growing.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { parseReference, type Reference } from "../oci/spec/reference.ts";
import type { BlobOutcome, Destination, Document, PublishBlob, TagMove } from "./destination.ts";
import { foreignChange } from "./foreign-change.ts";
import { inParallel } from "./in-parallel.ts";

/** Mounts that are tried for one blob before it is uploaded. */
const mountTries = 2;

/** Repositories of registries. The client belongs to the caller. */
export class RegistryDestination implements Destination {
  readonly isRegistry = true;
  readonly #client: RegistryClient;
  readonly #jobs: number;
  /** By registry and digest: the repository that had the blob first in this run. */
  readonly #homes = new Map<string, Promise<string>>();

  /** By repository, registry and digest: what comes of blobs that were begun before they had a digest. */
  readonly #growing = new Map<string, Promise<BlobOutcome | undefined>>();

  constructor(client: RegistryClient, jobs: number) {
    this.#client = client;
    this.#jobs = jobs;
  }

  label(repository: string): string {
    return repository;
  }

  reference(repository: string, tag: string): string {
    return `${repository}:${tag}`;
  }

  readTag(repository: string, tag: string, signal: AbortSignal): Promise<Descriptor | undefined> {
    return this.#client.find({ ...parseReference(repository), tag }, signal, "origin");
  }

  listTags(repository: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#client.tags(parseReference(repository), signal);
  }

  readManifest(repository: string, { digest }: Descriptor, signal: AbortSignal): Promise<Document> {
    return this.#client.manifest({ ...parseReference(repository), digest }, signal, "origin");
  }

  readConfig(repository: string, descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
    return this.#client.smallBlob(parseReference(repository), descriptor, signal);
  }

  checkWritable(repository: string, signal: AbortSignal): Promise<void> {
    return this.#client.checkPush(parseReference(repository), signal);
  }

  async hasManifest(repository: string, { digest }: Descriptor, signal: AbortSignal): Promise<boolean> {
    const found = await this.#client.find({ ...parseReference(repository), digest }, signal, "origin");
    return found !== undefined;
  }

  /** The first repository of a registry that needs a blob gets it; the others mount it from there. */
  async putBlob(repository: string, blob: PublishBlob, signal: AbortSignal): Promise<BlobOutcome> {
    const name = parseReference(repository);
    const key = `${name.registry} ${blob.descriptor.digest}`;
    const begun = this.#growing.get(`${repository} ${key}`);
    this.#growing.delete(`${repository} ${key}`);
    const outcome = await begun;
    if (outcome !== undefined) return outcome;
    const home = this.#homes.get(key);
    if (home !== undefined) {
      const first = await home;
      return first === name.repository ? "existing" : this.#place(name, blob, [first], signal);
    }
    const placed = this.#place(name, blob, mountSources(name, blob), signal);
    const settled = placed.then(() => name.repository);
    this.#homes.set(key, settled);
    // Whoever waits for it fails with it; where nobody does, `placed` says so.
    settled.catch(() => this.#homes.delete(key));
    return placed;
  }

  putGrowing(
    repository: string,
    source: GrowingSource,
    whole: (descriptor: Descriptor) => PublishBlob,
    signal: AbortSignal,
  ): void {
    const name = parseReference(repository);
    const made = source.waitFor(Number.POSITIVE_INFINITY);
    const begun = source
      .waitFor(this.#client.growingPieceBytes)
      .then(({ descriptor }) => descriptor === undefined);
    const placed = begun.then(async (isBegun): Promise<BlobOutcome | undefined> => {
      if (!isBegun) return undefined;
      const outcome = await this.#client.pushGrowing(name, source, signal);
      const { descriptor } = await made;
      if (outcome !== undefined || descriptor === undefined) return outcome;
      const blob = whole(descriptor);
      return this.#place(name, blob, mountSources(name, blob), signal);
    });
    const known = made.then(async ({ descriptor }) => {
      if (descriptor === undefined || !(await begun)) return;
      const key = `${name.registry} ${descriptor.digest}`;
      this.#growing.set(`${repository} ${key}`, placed);
      if (this.#homes.has(key)) return;
      const settled = placed.then(() => name.repository);
      this.#homes.set(key, settled);
      settled.catch(() => this.#homes.delete(key));
    });
    // A blob that cannot be made, or not be sent, is told of by whoever waits for it.
    for (const one of [placed, known]) one.catch(() => undefined);
  }

  async #place(
    name: Reference,
    { descriptor, source }: PublishBlob,
    mountFrom: readonly string[],
    signal: AbortSignal,
  ): Promise<BlobOutcome> {
    if (await this.#client.hasBlob(name, descriptor.digest, signal)) return "existing";
    return this.#client.pushBlob(name, { descriptor, source, mountFrom }, signal);
  }

  async putManifest(repository: string, document: Document, signal: AbortSignal): Promise<void> {
    const { mediaType, digest } = document.descriptor;
    const { bytes } = document;
    await this.#client.putManifest({ ...parseReference(repository), digest }, { bytes, mediaType }, signal);
  }

  listReferrers(repository: string, subject: Digest, signal: AbortSignal): Promise<readonly Descriptor[]> {
    return this.#client.referrers(parseReference(repository), subject, signal);
  }

  putReferrer(repository: string, document: Document, subject: Digest, signal: AbortSignal): Promise<void> {
    return this.#client.putReferrer(parseReference(repository), document, subject, signal);
  }

  async moveTags(
    moves: readonly TagMove[],
    moved: (move: TagMove) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await inParallel(moves, this.#jobs, signal, async (move, stop) => {
      await this.#move(move, signal, stop);
      moved(move);
    });
  }

  deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<boolean> {
    return this.#client.deleteTag(parseReference(repository), tag, signal);
  }

  /** A registry has no locks: `moveTags` finds out what others do. */
  exclusively(): Promise<AsyncDisposable> {
    return Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() });
  }

  /**
   * A registry cannot compare and set: the tag is read before and after, so that a foreign change is seen at least.
   * `stop` says that another move failed: what has begun by then is finished all the same, so that it is known what became of it.
   */
  async #move({ repository, tag, from, to }: TagMove, signal: AbortSignal, stop: AbortSignal): Promise<void> {
    const { digest, mediaType } = to.descriptor;
    const before = await this.readTag(repository, tag, signal);
    if (before?.digest === digest) return;
    if (before?.digest !== from?.digest)
      throw foreignChange(this.reference(repository, tag), from?.digest, before?.digest);
    stop.throwIfAborted();
    const reference = { ...parseReference(repository), tag };
    await this.#client.putManifest(reference, { bytes: to.bytes, mediaType }, signal);
    const after = await this.readTag(repository, tag, signal);
    // Some registries show for a while what was there before.
    if (after?.digest === digest || after?.digest === before?.digest) return;
    throw foreignChange(this.reference(repository, tag), digest, after?.digest);
  }

  /** Nothing is kept here. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function mountSources(name: Reference, { repositories }: PublishBlob): readonly string[] {
  return repositories
    .filter((repository) => repository.startsWith(`${name.registry}/`))
    .map((repository) => repository.slice(name.registry.length + 1))
    .filter((repository) => repository !== name.repository)
    .slice(0, mountTries);
}
