import fs from "node:fs";
import { Readable } from "node:stream";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { type Digest, digestOf, hexOf } from "../spec/digest.ts";
import { ContentFiles } from "./content-files.ts";
import type { Blobs, ExpectedBlob, PendingBlob } from "./contract.ts";
import { writeStream } from "./file-sink.ts";
import { promiseOf } from "./promise-of.ts";
import { isMissing, storeError } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { corruptBlob, missingBlob, readChunkBytes, readVerified } from "./verified-file.ts";

/** The largest manifest or config that is read whole, in bytes. */
export const readLimit = 16 << 20;

/** The blobs of an OCI image layout. */
export class BlobFiles implements Blobs {
  readonly #files: ContentFiles;
  readonly #directory: string;

  /** `directory`: `blobs/sha256`. */
  constructor(directory: string, temps: TempFiles) {
    this.#directory = directory;
    this.#files = new ContentFiles(directory, temps);
  }

  has(digest: Digest): boolean {
    return this.size(digest) !== undefined;
  }

  size(digest: Digest): number | undefined {
    return this.#files.size(hexOf(digest));
  }

  path(digest: Digest): string {
    return this.#files.path(hexOf(digest));
  }

  async read(digest: Digest): Promise<Uint8Array> {
    const size = this.size(digest);
    if (size === undefined) throw missingBlob(digest);
    if (size > readLimit) {
      throw new TsdockError(
        "BLOB_CORRUPT",
        `${digest} has ${size} bytes: too many for a manifest or a configuration`,
        {
          hint: "run `tsdock doctor`",
        },
      );
    }
    const bytes = await fs.promises.readFile(this.path(digest)).catch((error: unknown) => {
      throw isMissing(error) ? missingBlob(digest) : error;
    });
    if (digestOf(bytes) !== digest) throw corruptBlob(digest);
    return bytes;
  }

  open(digest: Digest, start = 0): Readable {
    return Readable.from(readVerified(this.path(digest), digest, start), {
      objectMode: false,
      highWaterMark: readChunkBytes,
    });
  }

  /** A document as a whole; one that `read` would refuse is not taken. Error `IMAGE_INVALID`. */
  async put(bytes: Uint8Array | string): Promise<Digest> {
    const size = Buffer.byteLength(bytes);
    if (size > readLimit) {
      throw new TsdockError("IMAGE_INVALID", `a manifest or a configuration would have ${size} bytes`, {
        hint: `registries take a few megabytes, and the store ${readLimit}: shorten the command, the variables or the labels`,
      });
    }
    const digest = digestOf(bytes);
    if (this.has(digest)) return digest;
    await using pending = this.#files.pending();
    const content = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    await this.#guard(fs.promises.writeFile(pending.path, content));
    await pending.commit(hexOf(digest), content.byteLength);
    return digest;
  }

  async putStream(
    stream: AsyncIterable<Uint8Array>,
    expected?: ExpectedBlob,
    signal?: AbortSignal,
  ): Promise<{ readonly digest: Digest; readonly size: number }> {
    await using pending = this.#files.pending();
    const limit = expected?.size;
    const written = await this.#guard(
      writeStream(
        stream,
        pending.path,
        (size) => {
          if (limit !== undefined && size > limit) throw mismatch(expected, `more than ${limit} bytes came`);
        },
        signal,
      ),
    );
    const digest: Digest = `sha256:${written.sha256}`;
    if (limit !== undefined && written.size !== limit) {
      throw mismatch(expected, `${written.size} bytes came where ${limit} were announced`);
    }
    if (expected !== undefined && expected.digest !== digest)
      throw mismatch(expected, `the content's digest is ${digest}`);
    await pending.commit(written.sha256, written.size);
    return { digest, size: written.size };
  }

  pending(): Promise<PendingBlob> {
    return promiseOf(() => {
      const pending = this.#files.pending();
      return {
        path: pending.path,
        commit: (digest: Digest, size: number) => pending.commit(hexOf(digest), size),
        [Symbol.asyncDispose]: () => pending[Symbol.asyncDispose](),
      };
    });
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw storeError(error, this.#directory);
    }
  }
}

const mismatch = (expected: ExpectedBlob | undefined, reason: string): TsdockError =>
  new TsdockError(
    "BLOB_MISMATCH",
    `${expected?.digest ?? "the content"} is not what was expected: ${reason}`,
    {
      hint: "the transfer was cut or the other side is wrong; try again",
    },
  );
