import fs from "node:fs";
import { writeEntryHeader } from "../../oci/layer/entry-header.ts";
import { blockSize, paddedSize } from "../../oci/layer/tar-header.ts";
import type { CopiedEntry, CopySink } from "./copied-entry.ts";

/** How long to wait for a slow reader of a pipe that does not block. */
const pauseMs = 2;
const never = new Int32Array(new SharedArrayBuffer(4));

/** Writes a tar to a descriptor as it comes. */
export class ArchiveSink implements CopySink {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  put(entry: CopiedEntry): void {
    const blocks: Buffer[] = [];
    const described = entry.type === "file" ? { ...entry, content: new Uint8Array(0) } : entry;
    writeEntryHeader(described, (bytes) => {
      const block = Buffer.alloc(bytes);
      blocks.push(block);
      return { block, at: 0 };
    });
    for (const block of blocks) this.#write(block);
    if (entry.type !== "file") return;
    entry.read((piece) => this.#write(piece));
    this.#write(Buffer.alloc(paddedSize(entry.size) - entry.size));
  }

  end(): void {
    this.#write(Buffer.alloc(2 * blockSize));
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.byteLength; ) done += this.#some(bytes.subarray(done));
  }

  #some(bytes: Uint8Array): number {
    try {
      return fs.writeSync(this.#fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(never, 0, 0, pauseMs);
      return 0;
    }
  }
}
