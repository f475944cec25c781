import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { BlobFiles } from "../oci/store/blob-files.ts";
import { LayoutIndex, layoutVersion } from "../oci/store/layout-index.ts";
import { toStored, withNames } from "../oci/store/named-images.ts";
import { storeError } from "../oci/store/store-error.ts";
import { abandonedTemps, TempFiles } from "../oci/store/temp-files.ts";
import { replaceFileDurably } from "../oci/store/write-atomically.ts";
import type { BlobOutcome, Destination, Document, PublishBlob, TagMove } from "./destination.ts";

const tempPrefix = ".tsdock-";

/** An OCI image layout on disk. Names are `NAME:TAG`, and all of them move at once. */
export class LayoutDestination implements Destination {
  readonly isRegistry = false;
  readonly #directory: string;
  readonly #blobs: BlobFiles;
  readonly #temps: TempFiles;
  readonly #index: LayoutIndex;
  /** Blobs of this run: one that two images share is written once. */
  readonly #writing = new Map<Digest, Promise<unknown>>();

  /** `directory`: absolute; it need not exist. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#temps = new TempFiles(directory, tempPrefix);
    this.#blobs = new BlobFiles(path.join(directory, "blobs", "sha256"), this.#temps);
    this.#index = new LayoutIndex(directory, path.join(directory, `${tempPrefix}lock`), this.#temps);
  }

  label(): string {
    return `oci:${this.#directory}`;
  }

  async readTag(repository: string, tag: string): Promise<Descriptor | undefined> {
    const images = this.#index.read().manifests.map(toStored);
    return Promise.resolve(images.find(({ name }) => name === `${repository}:${tag}`)?.descriptor);
  }

  async readManifest(_repository: string, descriptor: Descriptor): Promise<Document> {
    return { descriptor, bytes: await this.#blobs.read(descriptor.digest) };
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

  async moveTags(
    moves: readonly TagMove[],
    moved: (move: TagMove) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#index.update((index) => {
      const now = new Map(
        index.manifests.map(toStored).map(({ name, descriptor }) => [name, descriptor.digest]),
      );
      for (const { repository, tag, from, to } of moves) {
        const name = `${repository}:${tag}`;
        const digest = now.get(name);
        if (digest !== from?.digest && digest !== to.descriptor.digest) throw this.#foreignChange(name);
      }
      const names = moves.map(({ repository, tag, to }) => {
        return { name: `${repository}:${tag}`, descriptor: to.descriptor };
      });
      return withNames(index, names, false);
    }, signal);
    for (const move of moves) moved(move);
  }

  #foreignChange(name: string): TsdockError {
    const message = `somebody else moved ${name} in ${this.#directory} while it was published`;
    const hint = "see which of the two releases is meant to win, and publish that one again";
    return new TsdockError("PUBLISH_FOREIGN_CHANGE", message, { hint });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#temps[Symbol.asyncDispose]();
  }
}
