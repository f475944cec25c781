import { readSync } from "node:fs";
import { invalidTar } from "./tar-header.ts";

const windowSize = 1024 * 1024;

/** Reads an archive front to back in large pieces, however small the contents are. */
export class TarWindow {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(windowSize);
  #start = 0;
  #filled = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Hands out a range of the archive in pieces, each good until the next. Error `LAYER_INVALID` if the file ends. */
  read(offset: number, size: number, use: (piece: Buffer) => void): void {
    for (let at = offset, left = size; left > 0; ) {
      if (at < this.#start || at >= this.#start + this.#filled) this.#fill(at);
      const from = at - this.#start;
      const piece = this.#buffer.subarray(from, Math.min(this.#filled, from + left));
      use(piece);
      at += piece.length;
      left -= piece.length;
    }
  }

  #fill(offset: number): void {
    this.#filled = readSync(this.#fd, this.#buffer, 0, windowSize, offset);
    this.#start = offset;
    if (this.#filled === 0) throw invalidTar("it ends within the content of an entry", offset);
  }
}
