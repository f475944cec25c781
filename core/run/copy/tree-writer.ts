import fs from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "../../oci/layer/byte-path.ts";
import { baseName, type ByteString, parentPath } from "../../oci/layer/entry.ts";
import { makeSpecialNodes } from "../../oci/layer/make-nodes.ts";
import type { CopiedEntry, CopiedFile, CopySink } from "./copied-entry.ts";
import {
  fileKey,
  heldFile,
  holdChild,
  holdDirectory,
  holdFile,
  inHeld,
  openHeld,
  statIn,
} from "./held-directory.ts";
import { deviceFound } from "./read-tree.ts";

export interface TreeWriterOptions {
  /** Held; everything goes below it, and it stays as it is. */
  readonly base: number;
  /** Owners and set-id bits are those of the entries; else all belongs to root, also that of a user namespace. */
  readonly keepOwners: boolean;
}

type Common = Pick<CopiedEntry, "path" | "mode" | "uid" | "gid" | "mtime">;

/**
 * Writes below a directory that others may change meanwhile: each name is used in a directory that is held, and links
 * are never followed. Existing files give way, existing directories are kept. Error `COPY_FAILED`.
 */
export class TreeWriter implements CopySink {
  readonly #options: TreeWriterOptions;
  /** Directories on the way to the last entry, held. */
  readonly #way: { readonly path: ByteString; readonly fd: number }[] = [];
  readonly #directories = new Map<ByteString, Common>();
  /** `fileKey` of directories that were made. */
  readonly made = new Set<string>();

  constructor(options: TreeWriterOptions) {
    this.#options = options;
  }

  put(entry: CopiedEntry): void {
    const { path } = entry;
    if (path === "") {
      if (entry.type !== "directory")
        throw new TsdockError("COPY_FAILED", "a file of the archive has no name");
      return;
    }
    const [parent, name] = [this.#hold(parentPath(path)), baseName(path)];
    const existing = statIn(parent, name);
    if (entry.type === "directory") this.#putDirectory(parent, entry, existing);
    else {
      if (existing?.isDirectory() === true) throw mismatch(path, "directory", "non-directory");
      if (existing !== undefined) fs.unlinkSync(inHeld(parent, name));
      this.#putFile(parent, entry);
    }
  }

  /** Times last: what is written into a directory changes its own. Deepest first, since a mode may lock us out. */
  end(): void {
    for (const [path, common] of [...this.#directories].reverse()) {
      const fd = openHeld(this.#hold(path));
      try {
        this.#describe(fd, common);
      } finally {
        fs.closeSync(fd);
      }
    }
  }

  #putDirectory(parent: number, entry: Common, existing: fs.Stats | undefined): void {
    const name = baseName(entry.path);
    if (existing !== undefined && !existing.isDirectory())
      throw mismatch(entry.path, "non-directory", "directory");
    if (existing === undefined) {
      fs.mkdirSync(inHeld(parent, name), 0o700);
      const made = statIn(parent, name);
      if (made !== undefined) this.made.add(fileKey(made));
    }
    this.#directories.set(entry.path, entry);
  }

  #putFile(parent: number, entry: Exclude<CopiedEntry, { type: "directory" }>): void {
    const name = baseName(entry.path);
    const place = inHeld(parent, name);
    switch (entry.type) {
      case "file":
        return this.#writeFile(place, entry);
      case "symlink": {
        fs.symlinkSync(Buffer.from(entry.target, "latin1"), place);
        const { uid, gid } = this.#owner(entry);
        fs.lchownSync(place, uid, gid);
        fs.lutimesSync(place, entry.mtime, entry.mtime);
        return;
      }
      case "hardlink":
        return this.#link(entry);
      case "fifo":
        return this.#makeFifo(parent, entry);
      default:
        throw deviceFound(entry.path);
    }
  }

  /** Holding the one directory may let the other go. */
  #link({ path, target }: Extract<CopiedEntry, { type: "hardlink" }>): void {
    const from = holdDirectory(heldFile(this.#hold(parentPath(target))));
    try {
      fs.linkSync(inHeld(from, baseName(target)), inHeld(this.#hold(parentPath(path)), baseName(path)));
    } finally {
      fs.closeSync(from);
    }
  }

  #writeFile(place: string | Buffer, entry: CopiedFile): void {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
    const fd = fs.openSync(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      entry.read((piece, at) => {
        for (let done = 0; done < piece.length; )
          done += fs.writeSync(fd, piece, done, piece.length - done, at + done);
      });
      fs.ftruncateSync(fd, entry.size);
      this.#describe(fd, entry);
    } finally {
      fs.closeSync(fd);
    }
  }

  #makeFifo(parent: number, entry: Extract<CopiedEntry, { type: "fifo" }>): void {
    const name = baseName(entry.path);
    makeSpecialNodes(`/proc/${process.pid}/fd/${parent}`, [{ ...entry, path: name }]);
    const fd = holdFile(parent, name);
    try {
      const file = heldFile(fd);
      if (!fs.statSync(file).isFIFO()) return;
      const { uid, gid } = this.#owner(entry);
      fs.chownSync(file, uid, gid);
      fs.chmodSync(file, this.#mode(entry));
      fs.utimesSync(file, entry.mtime, entry.mtime);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** The owner first: changing it takes set-id bits away. */
  #describe(fd: number, entry: Common): void {
    const { uid, gid } = this.#owner(entry);
    fs.fchownSync(fd, uid, gid);
    fs.fchmodSync(fd, this.#mode(entry));
    fs.futimesSync(fd, entry.mtime, entry.mtime);
  }

  #owner({ uid, gid }: Common): { readonly uid: number; readonly gid: number } {
    return this.#options.keepOwners ? { uid, gid } : { uid: 0, gid: 0 };
  }

  /** A program that runs as its owner must not run as another one than it was made for. */
  #mode({ mode }: Common): number {
    return this.#options.keepOwners ? mode : mode & 0o1777;
  }

  /** Holds a directory below the base; those that are not there are made. */
  #hold(path: ByteString): number {
    while (this.#way.length > 0 && !isWithin(path, this.#way.at(-1)?.path ?? "")) this.#release();
    let at = this.#way.at(-1) ?? { path: "", fd: this.#options.base };
    const rest = at.path === "" ? path : path.slice(at.path.length + 1);
    for (const name of rest.split("/").filter((part) => part !== "")) {
      const next = at.path === "" ? name : `${at.path}/${name}`;
      at = { path: next, fd: this.#holdOrMake(at.fd, name, next) };
      this.#way.push(at);
    }
    return at.fd;
  }

  #holdOrMake(parent: number, name: ByteString, path: ByteString): number {
    const stats = statIn(parent, name);
    if (stats === undefined) fs.mkdirSync(inHeld(parent, name), 0o755);
    else if (!stats.isDirectory()) throw mismatch(path, "non-directory", "directory");
    return holdChild(parent, name);
  }

  #release(): void {
    const last = this.#way.pop();
    if (last !== undefined) fs.closeSync(last.fd);
  }
}

const isWithin = (path: ByteString, directory: ByteString): boolean =>
  path === directory || path.startsWith(`${directory}/`);

const mismatch = (path: ByteString, old: string, by: string): TsdockError =>
  new TsdockError("COPY_FAILED", `cannot overwrite ${old} ${showPath(path)} with ${by}`, {
    hint: "remove it first, or copy to another place",
  });
