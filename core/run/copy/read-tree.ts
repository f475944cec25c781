import fs from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "../../oci/layer/byte-path.ts";
import { type ByteString, joinPath } from "../../oci/layer/entry.ts";
import type { CopiedEntry } from "./copied-entry.ts";
import { fileKey, heldFile, holdChild, inHeld, statIn } from "./held-directory.ts";

export interface ReadTreeOptions {
  /** Directories (`fileKey`) of which nothing is read: mounts of the kernel, and the copy itself. */
  readonly closed: { has(key: string): boolean };
}

const pieceSize = 1 << 20;

/** Reads files and directories that are held; see `locate` for why nothing else can be read. */
export class TreeReader {
  readonly #closed: ReadTreeOptions["closed"];
  /** The first name of each file that has several. */
  readonly #links = new Map<string, ByteString>();
  readonly #buffer = Buffer.allocUnsafe(pieceSize);

  constructor({ closed }: ReadTreeOptions) {
    this.#closed = closed;
  }

  /** A directory as `path`, and all that is in it. */
  *directory(directory: number, path: ByteString): Generator<CopiedEntry> {
    const stats = fs.statSync(heldFile(directory));
    yield { ...commonOf(path, stats), type: "directory" };
    if (this.#closed.has(fileKey(stats))) return;
    for (const name of fs.readdirSync(heldFile(directory), { encoding: "latin1" })) {
      const child = joinPath(path, name);
      const found = statIn(directory, name);
      // It went away meanwhile.
      if (found === undefined) continue;
      if (!found.isDirectory()) yield* this.file(directory, name, child);
      else yield* this.#child(directory, name, child);
    }
  }

  *#child(directory: number, name: ByteString, path: ByteString): Generator<CopiedEntry> {
    const held = holdChild(directory, name);
    try {
      yield* this.directory(held, path);
    } finally {
      fs.closeSync(held);
    }
  }

  /** Anything but a directory; sockets are left out, since they mean nothing elsewhere. Error `COPY_FAILED` for a device. */
  *file(parent: number, name: ByteString, path: ByteString): Generator<CopiedEntry> {
    const stats = statIn(parent, name);
    if (stats === undefined || stats.isSocket()) return;
    const common = commonOf(path, stats);
    const first = this.#links.get(fileKey(stats));
    if (first !== undefined) yield { ...common, type: "hardlink", target: first };
    else if (stats.isSymbolicLink())
      yield { ...common, type: "symlink", target: fs.readlinkSync(inHeld(parent, name), "latin1") };
    else if (stats.isFIFO()) yield { ...common, type: "fifo" };
    else if (stats.isFile()) yield* this.#regular(parent, name, path);
    else throw deviceFound(path);
    if (stats.nlink > 1 && first === undefined) this.#links.set(fileKey(stats), path);
  }

  /** What was opened counts, not what had the name before. */
  *#regular(parent: number, name: ByteString, path: ByteString): Generator<CopiedEntry> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const fd = fs.openSync(inHeld(parent, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fs.fstatSync(fd);
      if (!stats.isFile()) throw changed(path);
      const { size } = stats;
      yield { ...commonOf(path, stats), type: "file", size, read: (use) => this.#read(fd, path, size, use) };
    } finally {
      fs.closeSync(fd);
    }
  }

  #read(fd: number, path: ByteString, size: number, use: (piece: Uint8Array, at: number) => void): void {
    for (let at = 0; at < size; ) {
      const count = fs.readSync(fd, this.#buffer, 0, Math.min(pieceSize, size - at), at);
      if (count === 0) throw changed(path);
      use(this.#buffer.subarray(0, count), at);
      at += count;
    }
  }
}

const commonOf = (path: ByteString, { mode, uid, gid, mtimeMs }: fs.Stats) => ({
  path,
  mode: mode & 0o7777,
  uid,
  gid,
  mtime: Math.floor(mtimeMs / 1000),
});

export const deviceFound = (path: ByteString): TsdockError =>
  new TsdockError("COPY_FAILED", `${showPath(path)} is a device, and devices are not copied`, {
    hint: "copy the files beside it one by one",
  });

const changed = (path: ByteString): TsdockError =>
  new TsdockError("COPY_FAILED", `${showPath(path)} was changed while it was copied`, {
    hint: "copy it again when nobody writes it",
  });
