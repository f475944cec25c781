import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import type { Digest } from "../spec/digest.ts";
import { ContentReader, type Output } from "./content-reader.ts";
import type { LayerEntry } from "./entry.ts";
import { diskFull } from "../../errors/disk-full.ts";
import { writeEntryHeader } from "./entry-header.ts";
import { orderEntries } from "./order-entries.ts";
import { blockSize } from "./tar-header.ts";

/** An uncompressed layer: the digest of its tar and the tar's bytes. */
export interface PackedLayer {
  readonly diffId: Digest;
  readonly size: number;
}

const bufferSize = 1024 * 1024;

/** One buffer that fills, is handed out and fills again. */
class TarOutput implements Output {
  readonly #buffer = Buffer.allocUnsafe(bufferSize);
  readonly #write: (chunk: Uint8Array) => void;
  #used = 0;
  #flushed = 0;

  constructor(write: (chunk: Uint8Array) => void) {
    this.#write = write;
  }

  get size(): number {
    return this.#flushed + this.#used;
  }

  flush(): void {
    if (this.#used > 0) this.#write(this.#buffer.subarray(0, this.#used));
    this.#flushed += this.#used;
    this.#used = 0;
  }

  space(): { buffer: Buffer; at: number; length: number } {
    if (this.#used === bufferSize) this.flush();
    return { buffer: this.#buffer, at: this.#used, length: bufferSize - this.#used };
  }

  advance(bytes: number): void {
    this.#used += bytes;
  }

  /** Space for a header, which is never larger than the buffer. */
  readonly room = (bytes: number): { block: Buffer; at: number } => {
    if (bytes > bufferSize - this.#used) this.flush();
    const at = this.#used;
    this.#used += bytes;
    return { block: this.#buffer, at };
  };

  pad(): void {
    const rest = (blockSize - (this.size % blockSize)) % blockSize;
    if (rest > bufferSize - this.#used) this.flush();
    this.#buffer.fill(0, this.#used, this.#used + rest);
    this.#used += rest;
  }

  end(): void {
    const { block, at } = this.room(2 * blockSize);
    block.fill(0, at, at + 2 * blockSize);
    this.flush();
  }
}

/**
 * Packs entries into an uncompressed layer: sorted by the bytes of their paths, numeric owners, times as given; equal
 * entries give equal bytes on every machine. Synchronous. A chunk is good only until `write` returns.
 * Errors `LAYER_INVALID` (two entries of one name, a link to nothing), `LAYER_UNREPRESENTABLE`, `FILE_CHANGED`, `FILE_UNREADABLE`.
 */
export function packLayer(entries: Iterable<LayerEntry>, write: (chunk: Uint8Array) => void): PackedLayer {
  const hash = createHash("sha256");
  const output = new TarOutput((chunk) => {
    hash.update(chunk);
    write(chunk);
  });
  const reader = new ContentReader();
  try {
    for (const entry of orderEntries(entries)) {
      writeEntryHeader(entry, output.room);
      if (entry.type !== "file") continue;
      reader.copy(entry, output);
      output.pad();
    }
    output.end();
  } finally {
    reader.close();
  }
  return { diffId: `sha256:${hash.digest("hex")}`, size: output.size };
}

/** Writes the whole chunk: one call may write less, when the disk fills up. */
export function writeFully(fd: number, chunk: Uint8Array): void {
  for (let done = 0; done < chunk.byteLength; ) done += writeSync(fd, chunk, done, chunk.byteLength - done);
}

/**
 * Packs into a file, created or overwritten. Synchronous; see `packLayerTo` for one that leaves the event loop free.
 * Errors are those of `packLayer`, and `DISK_FULL`.
 */
export function packLayerToFile(entries: Iterable<LayerEntry>, file: string): PackedLayer {
  const fd = openSync(file, "w", 0o644);
  try {
    return packLayer(entries, (chunk) => writeFully(fd, chunk));
  } catch (error) {
    throw diskFull(error, file) ?? error;
  } finally {
    closeSync(fd);
  }
}
