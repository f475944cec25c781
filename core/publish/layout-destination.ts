import fs from "node:fs";
import path from "node:path";
import type { Descriptor, Manifest } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { isManifestType } from "../oci/spec/media-types.ts";
import { BlobFiles } from "../oci/store/blob-files.ts";
import { LayoutIndex, layoutVersion } from "../oci/store/layout-index.ts";
import { acquireLock, tryLock } from "../oci/store/lock.ts";
import { imagesByName, toStored, withNames } from "../oci/store/named-images.ts";
import { storeError } from "../oci/store/store-error.ts";
import { abandonedTemps, TempFiles } from "../oci/store/temp-files.ts";
import { replaceFileDurably } from "../oci/store/write-atomically.ts";
import type { BlobOutcome, Destination, Document, PublishBlob, TagMove } from "./destination.ts";
import { foreignChange } from "./foreign-change.ts";

const tempPrefix = ".tsdock-";

interface Referrer {
  readonly subject: Digest | undefined;
  readonly descriptor: Descriptor;
}

function referrerOf(digest: Digest, bytes: Uint8Array): Referrer {
  const { mediaType, artifactType, annotations, subject } = JSON.parse(
    Buffer.from(bytes).toString("utf8"),
  ) as Manifest;
  const type = artifactType === undefined ? {} : { artifactType };
  const descriptor = { mediaType, digest, size: bytes.byteLength, ...type };
  return {
    subject: subject?.digest,
    descriptor: annotations === undefined ? descriptor : { ...descriptor, annotations },
  };
}

/** An OCI image layout on disk. Names are `NAME:TAG`, and all of them move at once. */
export class LayoutDestination implements Destination {
  readonly isRegistry = false;
  readonly #directory: string;
  readonly #blobs: BlobFiles;
  readonly #temps: TempFiles;
  readonly #index: LayoutIndex;
  readonly #waiting: (message: string) => void;
  /** Blobs of this run: one that two images share is written once. */
  readonly #writing = new Map<Digest, Promise<unknown>>();

  readonly #referrers = new Map<Digest, Promise<Referrer>>();

  /** `directory`: absolute; it need not exist. `waiting` is told what a publish waits for. */
  constructor(directory: string, waiting: (message: string) => void) {
    this.#waiting = waiting;
    this.#directory = directory;
    this.#temps = new TempFiles(directory, tempPrefix);
    this.#blobs = new BlobFiles(path.join(directory, "blobs", "sha256"), this.#temps);
    this.#index = new LayoutIndex(directory, path.join(directory, ".tsdock.lock"), this.#temps);
  }

  label(): string {
    return `oci:${this.#directory}`;
  }

  reference(repository: string, tag: string): string {
    return `${this.label()}:${repository}:${tag}`;
  }

  readTag(repository: string, tag: string): Promise<Descriptor | undefined> {
    return Promise.resolve(imagesByName(this.#index.read()).get(`${repository}:${tag}`)?.descriptor);
  }

  listTags(repository: string): Promise<readonly string[]> {
    const prefix = `${repository}:`;
    const names = [...imagesByName(this.#index.read()).keys()];
    return Promise.resolve(
      names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
    );
  }

  async readManifest(_repository: string, descriptor: Descriptor): Promise<Document> {
    return { descriptor, bytes: await this.#blobs.read(descriptor.digest) };
  }

  readConfig(_repository: string, { digest }: Descriptor): Promise<Uint8Array> {
    return this.#blobs.read(digest);
  }

  async checkWritable(): Promise<void> {
    try {
      fs.mkdirSync(path.join(this.#directory, "blobs", "sha256"), { recursive: true });
      for (const left of abandonedTemps(this.#directory, tempPrefix)) {
        fs.rmSync(left, { recursive: true, force: true });
      }
      const marker = path.join(this.#directory, "oci-layout");
      if (fs.existsSync(marker)) return;
      await replaceFileDurably(this.#temps, marker, JSON.stringify({ imageLayoutVersion: layoutVersion }));
    } catch (error) {
      throw storeError(error, this.#directory);
    }
  }

  hasManifest(_repository: string, { digest }: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#blobs.has(digest));
  }

  async putBlob(
    _repository: string,
    { descriptor, source }: PublishBlob,
    signal: AbortSignal,
  ): Promise<BlobOutcome> {
    const { digest, size } = descriptor;
    const writing = this.#writing.get(digest);
    if (writing !== undefined) {
      await writing;
      return "existing";
    }
    if (this.#blobs.has(digest)) return "existing";
    const written = this.#blobs.putStream(source.open(0), { digest, size }, signal);
    this.#writing.set(digest, written);
    await written;
    return "uploaded";
  }

  async putManifest(_repository: string, { bytes }: Document): Promise<void> {
    await this.#blobs.put(bytes);
  }

  async listReferrers(_repository: string, subject: Digest): Promise<readonly Descriptor[]> {
    const entries = this.#index.read().manifests.filter(({ mediaType }) => isManifestType(mediaType));
    const digests = [...new Set(entries.map(({ digest }) => digest))].filter((one) => this.#blobs.has(one));
    const found = await Promise.all(digests.map((digest) => this.#referrer(digest)));
    return found.flatMap((one) => (one.subject === subject ? [one.descriptor] : []));
  }

  /** A manifest by what it says of itself; each is read once. */
  #referrer(digest: Digest): Promise<Referrer> {
    const known =
      this.#referrers.get(digest) ?? this.#blobs.read(digest).then((bytes) => referrerOf(digest, bytes));
    this.#referrers.set(digest, known);
    return known;
  }

  /** Listed without a name: whoever reads the layout finds it by its subject. */
  async putReferrer(_repository: string, { descriptor, bytes }: Document): Promise<void> {
    await this.#blobs.put(bytes);
    await this.#index.update((index) => {
      const known = index.manifests.some(({ digest }) => digest === descriptor.digest);
      return known ? undefined : { ...index, manifests: [...index.manifests, descriptor] };
    });
  }

  async moveTags(
    moves: readonly TagMove[],
    moved: (move: TagMove) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#index.update((index) => {
      const now = imagesByName(index);
      for (const { repository, tag, from, to } of moves) {
        const name = `${repository}:${tag}`;
        const digest = now.get(name)?.descriptor.digest;
        if (digest !== from?.digest && digest !== to.descriptor.digest)
          throw foreignChange(`${this.label()}:${name}`, from?.digest, digest);
      }
      const names = moves.map(({ repository, tag, to }) => {
        return { name: `${repository}:${tag}`, descriptor: to.descriptor };
      });
      return withNames(index, names, false);
    }, signal);
    for (const move of moves) moved(move);
  }

  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<boolean> {
    const name = `${repository}:${tag}`;
    await this.#index.update((index) => {
      const manifests = index.manifests.filter((entry) => toStored(entry).name !== name);
      return manifests.length === index.manifests.length ? undefined : { ...index, manifests };
    }, signal);
    return true;
  }

  async exclusively(signal: AbortSignal): Promise<AsyncDisposable> {
    await this.checkWritable();
    const file = path.join(this.#directory, ".tsdock.publish");
    const free = await tryLock(file);
    if (free !== undefined) return free;
    this.#waiting(`another publish is writing ${this.label()}: waiting until it is done`);
    return acquireLock(file, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#temps[Symbol.asyncDispose]();
  }
}
