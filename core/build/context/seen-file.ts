import type { Stats } from "node:fs";
import type { ByteString } from "../../oci/layer/entry.ts";
import { digestAt, type FileStamp, type KnownDirectory, sameStamp, stampFields } from "./stat-cache.ts";

/** The files of one directory as they were when it was read: numbers side by side, since there are many. */
export class SeenDirectory {
  readonly #stamps: Float64Array;
  readonly #known: KnownDirectory | undefined;
  /** How far the known names have been gone through: both come in byte order. */
  #cursor = 0;

  constructor(count: number, known: KnownDirectory | undefined) {
    this.#stamps = new Float64Array(count * stampFields);
    this.#known = known;
  }

  /** Notes the file at a place in the directory's order. `path` is absolute. */
  see(index: number, name: ByteString, path: ByteString, stats: Stats): SeenFile {
    const at = index * stampFields;
    this.#stamps[at] = stats.mtimeMs;
    this.#stamps[at + 1] = stats.ctimeMs;
    this.#stamps[at + 2] = stats.size;
    this.#stamps[at + 3] = stats.ino;
    return new SeenFile(path, this, index, this.#knownIndex(name, stats));
  }

  stamp(index: number): FileStamp {
    const [mtimeMs = 0, ctimeMs = 0, size = 0, ino = 0] = this.#stamps.subarray(
      index * stampFields,
      (index + 1) * stampFields,
    );
    return { mtimeMs, ctimeMs, size, ino };
  }

  isSame(index: number, stamp: FileStamp): boolean {
    return sameStamp(this.#stamps, index, stamp);
  }

  knownDigest(index: number): string {
    if (this.#known === undefined) throw new Error("nothing is known of this directory");
    return digestAt(this.#known, index);
  }

  /** Where the known file is that this one still is; -1 where there is none. */
  #knownIndex(name: ByteString, stats: Stats): number {
    const known = this.#known;
    if (known === undefined) return -1;
    while ((known.names[this.#cursor] ?? name) < name) this.#cursor++;
    return known.names[this.#cursor] === name && sameStamp(known.stamps, this.#cursor, stats)
      ? this.#cursor
      : -1;
  }
}

/**
 * The content of a file of a context, with what is known of it: stays with the entry wherever that is copied to.
 * Sent to a worker it is a path and nothing else.
 */
export class SeenFile {
  /** Absolute path on this machine. */
  readonly path: ByteString;
  readonly #directory: SeenDirectory;
  readonly #index: number;
  readonly #knownIndex: number;
  #digest: string | undefined;
  #settled: boolean;

  constructor(path: ByteString, directory: SeenDirectory, index: number, knownIndex: number) {
    this.path = path;
    this.#directory = directory;
    this.#index = index;
    this.#knownIndex = knownIndex;
    this.#settled = knownIndex !== -1;
  }

  /** SHA-256, 64 hex digits; undefined until it is known. */
  get digest(): string | undefined {
    if (this.#digest === undefined && this.#knownIndex !== -1)
      this.#digest = this.#directory.knownDigest(this.#knownIndex);
    return this.#digest;
  }

  /** Whether the digest may be kept for later runs. */
  get settled(): boolean {
    return this.#settled;
  }

  get stamp(): FileStamp {
    return this.#directory.stamp(this.#index);
  }

  /** Notes a digest. `settled`: any later change would show in the file's times. */
  learn(digest: string, settled: boolean): void {
    this.#digest = digest;
    this.#settled = settled;
  }

  /** Whether the file is what it was when its directory was read. */
  isSame(stats: Stats): boolean {
    return stats.isFile() && this.#directory.isSame(this.#index, stats);
  }
}
