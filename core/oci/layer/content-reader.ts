import { closeSync, openSync, readSync } from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { nativePath, showPath } from "./byte-path.ts";
import type { ByteString, FileEntry } from "./entry.ts";
import { unreadable } from "./unreadable-content.ts";

const changedWhileRead = (path: ByteString): TsdockError =>
  new TsdockError("FILE_CHANGED", `${showPath(path)} changed its size while it was read`, {
    hint: "another process is writing it: build again when it is done",
  });

/** Output space of at least `wanted` bytes, fewer at the end of the buffer but never none. */
export interface Output {
  space(): { readonly buffer: Buffer; readonly at: number; readonly length: number };
  advance(bytes: number): void;
}

/**
 * Copies contents into an output, each with exactly the bytes that its entry says. Entries that are ranges of one file
 * (the tar of another layer) share one open file.
 */
export class ContentReader {
  #path: ByteString | undefined;
  #fd = -1;

  close(): void {
    if (this.#path !== undefined) closeSync(this.#fd);
    this.#path = undefined;
  }

  /** Errors `FILE_CHANGED`, `FILE_UNREADABLE`. */
  copy(entry: FileEntry, output: Output): void {
    const { content } = entry;
    if (content instanceof Uint8Array) copyBytes(entry.path, content, entry.size, output);
    else if (content.offset === undefined) this.#copyFile(content.path, entry.size, output);
    else if (entry.size > 0)
      copyRange(this.#shared(content.path), content.path, content.offset, entry.size, output);
  }

  #shared(path: ByteString): number {
    if (this.#path === path) return this.#fd;
    this.close();
    this.#fd = open(path);
    this.#path = path;
    return this.#fd;
  }

  #copyFile(path: ByteString, size: number, output: Output): void {
    const fd = open(path);
    try {
      copyWhole(fd, path, size, output);
    } finally {
      closeSync(fd);
    }
  }
}

function open(path: ByteString): number {
  try {
    return openSync(nativePath(path), "r");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function read(
  fd: number,
  path: ByteString,
  buffer: Buffer,
  at: number,
  length: number,
  position: number | null,
): number {
  try {
    return readSync(fd, buffer, at, length, position);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function copyBytes(path: ByteString, bytes: Uint8Array, size: number, output: Output): void {
  if (bytes.byteLength !== size) {
    throw new TsdockError(
      "LAYER_INVALID",
      `${showPath(path)} has ${bytes.byteLength} bytes, its entry says ${size}`,
    );
  }
  for (let done = 0; done < size; ) {
    const { buffer, at, length } = output.space();
    const part = Math.min(length, size - done);
    buffer.set(bytes.subarray(done, done + part), at);
    output.advance(part);
    done += part;
  }
}

function copyRange(fd: number, path: ByteString, offset: number, size: number, output: Output): void {
  for (let done = 0; done < size; ) {
    const { buffer, at, length } = output.space();
    const count = read(fd, path, buffer, at, Math.min(length, size - done), offset + done);
    if (count === 0) throw changedWhileRead(path);
    output.advance(count);
    done += count;
  }
}

/** Asks for one byte more than there should be: a file that grew is found without another call. */
function copyWhole(fd: number, path: ByteString, size: number, output: Output): void {
  for (let done = 0; ; ) {
    const { buffer, at, length } = output.space();
    const count = read(fd, path, buffer, at, Math.min(length, size - done + 1), null);
    if (count > size - done || (count === 0 && done < size)) throw changedWhileRead(path);
    output.advance(count);
    done += count;
    if (count === 0 || (done === size && length > count)) return;
  }
}
