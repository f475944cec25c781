import { lstatSync, mkdirSync, rmSync, type Stats } from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { nativePath, showPath } from "./byte-path.ts";
import { type ByteString, joinPath, parentPath, toByteString } from "./entry.ts";

/** The state of a path, links not followed; undefined where there is nothing. */
export function lstatOrNothing(path: ByteString): Stats | undefined {
  return lstatSync(nativePath(path), { throwIfNoEntry: false });
}

/**
 * A directory that an archive is unpacked into. No name reaches outside: every parent is looked at by `lstat` before
 * it is used, and one that is a symbolic link (or no directory) is refused. What was looked at is remembered until it
 * is removed: nobody else writes there meanwhile.
 */
export class SafeRoot {
  /** Absolute. */
  readonly path: ByteString;
  readonly #directories = new Set<ByteString>([""]);
  /** Directories that had to be made because the archive has children of theirs. */
  readonly implicit = new Set<ByteString>();

  constructor(directory: string) {
    this.path = toByteString(directory);
  }

  /** The path on this machine. Does not check anything. */
  absolute(path: ByteString): ByteString {
    return path === "" ? this.path : `${this.path}/${path}`;
  }

  /** Makes sure that all parents of an entry are directories; missing ones are made. Error `LAYER_UNSAFE`. */
  prepareParents(path: ByteString): void {
    const parent = parentPath(path);
    if (this.#directories.has(parent)) return;
    let at = "";
    for (const name of parent.split("/")) {
      at = joinPath(at, name);
      if (this.#directories.has(at)) continue;
      const stats = lstatOrNothing(this.absolute(at));
      if (stats === undefined) {
        mkdirSync(nativePath(this.absolute(at)), 0o700);
        this.implicit.add(at);
      } else if (!stats.isDirectory()) throw throughLink(path, at, stats.isSymbolicLink());
      this.#directories.add(at);
    }
  }

  /**
   * Whether all parents are directories: then a name may be looked at, removed or linked to. Behind a link or a file
   * there is nothing. Makes nothing.
   */
  hasParents(path: ByteString): boolean {
    const parent = parentPath(path);
    if (this.#directories.has(parent)) return true;
    let at = "";
    for (const name of parent.split("/")) {
      at = joinPath(at, name);
      const stats = this.#directories.has(at) ? undefined : lstatOrNothing(this.absolute(at));
      if (this.#directories.has(at)) continue;
      if (stats?.isDirectory() !== true) return false;
      this.#directories.add(at);
    }
    return true;
  }

  /** Says that this is a directory now. */
  know(path: ByteString): void {
    this.#directories.add(path);
    this.implicit.delete(path);
  }

  /** Removes what has this name, with everything in it; links are removed, not followed. Nothing there is fine. */
  remove(path: ByteString): void {
    rmSync(nativePath(this.absolute(path)), { recursive: true, force: true });
    if (!this.#directories.has(path)) return;
    for (const set of [this.#directories, this.implicit]) {
      for (const known of set) if (known === path || known.startsWith(`${path}/`)) set.delete(known);
    }
  }
}

function throughLink(path: ByteString, at: ByteString, isLink: boolean): TsdockError {
  const what = isLink ? "a symbolic link" : "no directory";
  return new TsdockError(
    "LAYER_UNSAFE",
    `the layer has an entry ${showPath(path)}, but ${showPath(at)} is ${what}`,
    {
      hint: "writing through links of a layer could reach outside its root: the archive was made by hand or is hostile",
    },
  );
}
