import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { diskFull } from "../../errors/disk-full.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Digest } from "../spec/digest.ts";
import type { Compression } from "../spec/media-types.ts";
import { decompressStream } from "./decompress.ts";
import { writeFully } from "./pack-layer.ts";

export interface IngestOptions {
  readonly compression: Compression;
  /** Where the uncompressed tar goes; created or overwritten. Holds part of it after an error: the caller removes it. */
  readonly tarFile: string;
  /** Where the bytes go as they came; absent: nowhere. */
  readonly keepCompressed?: string;
  /** Of the bytes as they come. */
  readonly expectedDigest?: Digest;
  readonly expectedSize?: number;
  /** Of the uncompressed tar. */
  readonly expectedDiffId?: Digest;
  /** Bytes of the uncompressed tar that are allowed. */
  readonly maxSize?: number;
  readonly signal?: AbortSignal;
}

export interface IngestedLayer {
  /** Of the bytes as they came. */
  readonly digest: Digest;
  readonly compressedSize: number;
  readonly diffId: Digest;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
}

const digestFrom = (hash: Hash): Digest => `sha256:${hash.digest("hex")}`;

function expectEqual(what: string, actual: string | number, expected: string | number | undefined): void {
  if (expected === undefined || actual === expected) return;
  throw new TsdockError("LAYER_MISMATCH", `a layer's ${what} is ${actual}, expected ${expected}`, {
    hint: "it was damaged on its way, or its source does not tell the truth: nothing of it was kept",
  });
}

/** What passes through on its way to the decompressor. */
class CompressedSide {
  readonly #hash = createHash("sha256");
  readonly #options: IngestOptions;
  size = 0;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  async *tap(
    source: AsyncIterable<Uint8Array>,
    keep: number | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { expectedSize, signal } = this.#options;
    for await (const chunk of source) {
      signal?.throwIfAborted();
      this.size += chunk.byteLength;
      // A source that never ends is cut here, not when the disk is full.
      if (expectedSize !== undefined && this.size > expectedSize)
        expectEqual("size", `${this.size} or more`, expectedSize);
      this.#hash.update(chunk);
      if (keep !== undefined) writeFully(keep, chunk);
      yield chunk;
    }
  }

  finish(): Digest {
    expectEqual("size", this.size, this.#options.expectedSize);
    const digest = digestFrom(this.#hash);
    expectEqual("digest", digest, this.#options.expectedDigest);
    return digest;
  }
}

async function ingest(
  source: AsyncIterable<Uint8Array>,
  options: IngestOptions,
  tar: number,
  keep: number | undefined,
): Promise<IngestedLayer> {
  const { compression, maxSize, expectedDiffId } = options;
  const side = new CompressedSide(options);
  const hash = compression === "none" ? undefined : createHash("sha256");
  const limit = maxSize === undefined ? {} : { maxSize };
  let size = 0;
  try {
    for await (const chunk of decompressStream(side.tap(source, keep), compression, limit)) {
      hash?.update(chunk);
      writeFully(tar, chunk);
      size += chunk.byteLength;
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw diskFull(error, options.tarFile) ?? error;
  }
  const digest = side.finish();
  const diffId = hash === undefined ? digest : digestFrom(hash);
  expectEqual("diffID", diffId, expectedDiffId);
  return { digest, compressedSize: side.size, diffId, size };
}

/**
 * Takes a layer in, in one pass: digest of what comes, decompression, diffID, the uncompressed tar on disk. The tar is
 * not looked into; reading it by `indexLayer` or unpacking it does that.
 * Errors `LAYER_MISMATCH`, `LAYER_INVALID` (does not decompress), `LAYER_TOO_LARGE`; on abort the signal's reason.
 */
export async function ingestLayer(
  source: AsyncIterable<Uint8Array>,
  options: IngestOptions,
): Promise<IngestedLayer> {
  const { tarFile, keepCompressed, signal } = options;
  signal?.throwIfAborted();
  const tar = openSync(tarFile, "w", 0o644);
  let keep: number | undefined;
  try {
    keep = keepCompressed === undefined ? undefined : openSync(keepCompressed, "w", 0o644);
    return await ingest(source, options, tar, keep);
  } finally {
    closeSync(tar);
    if (keep !== undefined) closeSync(keep);
  }
}
