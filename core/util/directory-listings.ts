import { statSync, readdirSync, type Stats } from "node:fs";
import { isSettled } from "./settled.ts";

/** What a directory holds: names are bytes as latin1 text. Symbolic links are files here; sockets and the like are neither. */
export interface Listing {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

/**
 * Directories that one part of a run has read and another will want to know. Nothing is given that is no longer so: a directory whose
 * times changed, or had changed just before it was read, is read again.
 */
export class DirectoryListings {
  readonly #kept = new Map<string, { readonly names: string[]; readonly stats: Stats }>();

  /** Reads a directory and keeps what it holds. `path` is absolute; errors are those of `readdirSync`. */
  read(path: string): Listing {
    const readAt = Date.now();
    const stats = statSync(path);
    const names: string[] = [];
    const files: string[] = [];
    const directories: string[] = [];
    for (const entry of readdirSync(path, { encoding: "latin1", withFileTypes: true })) {
      names.push(entry.name);
      if (entry.isDirectory()) directories.push(entry.name);
      else if (entry.isFile() || entry.isSymbolicLink()) files.push(entry.name);
    }
    if (isSettled(stats, readAt)) this.#kept.set(path, { names, stats });
    return { files, directories };
  }

  /** The names in a directory in byte order, read unless they are known, which they are no more then. A path that is no text is bytes. */
  takeNames(path: string | Buffer): readonly string[] {
    const known = typeof path === "string" ? this.#take(path) : undefined;
    return (known ?? readdirSync(path, { encoding: "latin1" })).sort();
  }

  #take(path: string): string[] | undefined {
    const kept = this.#kept.get(path);
    this.#kept.delete(path);
    return kept !== undefined && isSame(kept.stats, statSync(path, { throwIfNoEntry: false }))
      ? kept.names
      : undefined;
  }
}

const isSame = (then: Stats, now: Stats | undefined): boolean =>
  then.ino === now?.ino &&
  then.dev === now.dev &&
  then.mtimeMs === now.mtimeMs &&
  then.ctimeMs === now.ctimeMs;
