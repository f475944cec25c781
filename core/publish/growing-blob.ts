import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { GrowingSource } from "../oci/registry/push-growing.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Blobs } from "../oci/store/contract.ts";
import { isMissing, storeError } from "../oci/store/store-error.ts";

/** Bytes that are read at once. */
const readBytes = 256 * 1024;

/** A blob of the store that others may read while it is being written: what they read is never in memory as a whole. */
export class GrowingBlob implements GrowingSource {
  readonly #blobs: Blobs;
  readonly #path: string;
  #size = 0;
  #descriptor: Descriptor | undefined;
  #failure: { readonly error: unknown } | undefined;
  #waiting: (() => void)[] = [];

  private constructor(blobs: Blobs, unfinished: string) {
    this.#blobs = blobs;
    this.#path = unfinished;
  }

  /** Writes a stream into the store. `begun` gets the blob before its first byte is there. */
  static async write(
    blobs: Blobs,
    stream: AsyncIterable<Uint8Array>,
    mediaType: string,
    begun: (growing: GrowingBlob) => void,
  ): Promise<Descriptor> {
    await using pending = await blobs.pending();
    const growing = new GrowingBlob(blobs, pending.path);
    begun(growing);
    try {
      const { digest, size } = await growing.#fill(stream);
      await pending.commit(digest, size);
      growing.#descriptor = { mediaType, digest, size };
      return growing.#descriptor;
    } catch (error) {
      growing.#failure = { error };
      throw error;
    } finally {
      growing.#wake();
    }
  }

  async #fill(stream: AsyncIterable<Uint8Array>): Promise<Pick<Descriptor, "digest" | "size">> {
    const hash = createHash("sha256");
    const handle = await fs.promises.open(this.#path, "wx");
    try {
      for await (const chunk of stream) {
        hash.update(chunk);
        await handle.writev([chunk]);
        this.#size += chunk.length;
        this.#wake();
      }
    } catch (error) {
      throw storeError(error, path.dirname(this.#path));
    } finally {
      await handle.close();
    }
    return { digest: `sha256:${hash.digest("hex")}`, size: this.#size };
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** See `GrowingSource`. */
  async waitFor(length: number): ReturnType<GrowingSource["waitFor"]> {
    while (this.#descriptor === undefined && this.#size < length) {
      if (this.#failure !== undefined) throw this.#failure.error;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return { available: this.#size, descriptor: this.#descriptor };
  }

  /** What is there from `start` on. */
  async *open(start: number): AsyncGenerator<Uint8Array, void, void> {
    const handle = await this.#handle();
    try {
      for (let position = start; position < this.#size; ) {
        const length = Math.min(readBytes, this.#size - position);
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async #handle(): Promise<fs.promises.FileHandle> {
    try {
      return await fs.promises.open(this.#path, "r");
    } catch (error) {
      if (!isMissing(error)) throw error;
      // It has its name by now, or gets it.
      const { descriptor } = await this.waitFor(Number.POSITIVE_INFINITY);
      if (descriptor === undefined) throw error;
      return fs.promises.open(this.#blobs.path(descriptor.digest), "r");
    }
  }
}
