import fs from "node:fs";
import path from "node:path";

/** A file as it was: `bytes` are a symbolic link's target where it is one. */
export interface OverlaidFile {
  readonly bytes: Uint8Array;
  readonly kind: "file" | "executable" | "link";
}

/** Bytes of a path as latin1 text, as names in layers are. */
const key = (file: string): string => Buffer.from(file).toString("latin1");

/**
 * Files as they were at another time, where they differ from what is on the disk now: by absolute path. Undefined stands for
 * what was not there then, be it a file or a directory with all that is in it. Whatever is not mentioned was as it is.
 */
export class FileOverlay {
  readonly #files = new Map<string, OverlaidFile | undefined>();
  /** Names that were there, by directory. */
  readonly #names = new Map<string, Set<string>>();
  /** Directories below which something was not there. */
  readonly #lacking = new Set<string>();

  constructor(files: ReadonlyMap<string, OverlaidFile | undefined>) {
    for (const [file, was] of files) {
      this.#files.set(key(file), was);
      for (let at = key(file); at !== "/" && at !== "."; at = path.posix.dirname(at)) {
        const parent = path.posix.dirname(at);
        if (was === undefined) this.#lacking.add(parent);
        else this.#names.set(parent, (this.#names.get(parent) ?? new Set()).add(path.posix.basename(at)));
      }
    }
  }

  /** Paths are given as bytes in latin1; for `read` and `exists` as text. */
  file(bytePath: string): OverlaidFile | undefined {
    return this.#files.get(bytePath);
  }

  /** Names that were in a directory and may not be now. */
  names(bytePath: string): Iterable<string> {
    return this.#names.get(bytePath) ?? [];
  }

  /** Whether something that is here now was not. A directory is as good as not there if all that it holds was not. */
  isGone(bytePath: string): boolean {
    if (this.#names.has(bytePath)) return false;
    if (this.#files.has(bytePath)) return this.#files.get(bytePath) === undefined;
    if (this.#isBelowGone(bytePath)) return true;
    if (!this.#lacking.has(bytePath)) return false;
    const native = Buffer.from(bytePath, "latin1");
    const names = fs.readdirSync(native, { encoding: "latin1" });
    return names.length > 0 && names.every((name) => this.isGone(`${bytePath}/${name}`));
  }

  #isBelowGone(bytePath: string): boolean {
    for (let at = path.posix.dirname(bytePath); at !== "/"; at = path.posix.dirname(at))
      if (this.#files.has(at) && this.#files.get(at) === undefined && !this.#names.has(at)) return true;
    return false;
  }

  /** Whether it says anything of a path itself. */
  speaksOf(file: string): boolean {
    return this.#files.has(key(file)) || this.#isBelowGone(key(file));
  }

  /** A file's bytes as they were; undefined where there was none. Errors are those of `readFileSync`. */
  read(file: string): Uint8Array | undefined {
    const was = this.#files.get(key(file));
    if (was !== undefined) return was.kind === "link" ? undefined : was.bytes;
    return this.speaksOf(file) ? undefined : fs.readFileSync(file);
  }

  exists(file: string): boolean {
    if (this.#files.get(key(file)) !== undefined || this.#names.has(key(file))) return true;
    return fs.existsSync(file) && !this.isGone(key(file));
  }
}
