import type { Stats } from "node:fs";
import type { ByteString } from "../../oci/layer/entry.ts";
import {
  digestAt,
  digestBytes,
  type FileStamp,
  type KnownDirectory,
  sameStamp,
  stampFields,
} from "./stat-cache.ts";

/** The files of one directory as they were when it was read: numbers side by side, since there are many. */
export class SeenDirectory {
  readonly #stamps: Float64Array;
  /** Where each is among the known files; -1 where it is not what it was, or nothing was known. */
  readonly #knownIndexes: Int32Array;
  readonly #known: KnownDirectory | undefined;
  /** How far the known names have been gone through: both come in byte order. */
  #cursor = 0;

  constructor(count: number, known: KnownDirectory | undefined) {
    this.#stamps = new Float64Array(count * stampFields);
    this.#knownIndexes = new Int32Array(count).fill(-1);
    this.#known = known;
  }

  /** Notes the file at a place in the directory's order. */
  see(index: number, name: ByteString, stats: Stats): void {
    const at = index * stampFields;
    this.#stamps[at] = stats.mtimeMs;
    this.#stamps[at + 1] = stats.ctimeMs;
    this.#stamps[at + 2] = stats.size;
    this.#stamps[at + 3] = stats.ino;
    const known = this.#known;
    if (known === undefined) return;
    while ((known.names[this.#cursor] ?? name) < name) this.#cursor++;
    if (known.names[this.#cursor] === name && sameStamp(known.stamps, this.#cursor, stats))
      this.#knownIndexes[index] = this.#cursor;
  }

  stamp(index: number): FileStamp {
    const [mtimeMs = 0, ctimeMs = 0, size = 0, ino = 0] = this.#stamps.subarray(
      index * stampFields,
      (index + 1) * stampFields,
    );
    return { mtimeMs, ctimeMs, size, ino };
  }

  /** Bytes. */
  size(index: number): number {
    return this.#stamps[index * stampFields + 2] ?? 0;
  }

  isSame(index: number, stamp: FileStamp): boolean {
    return sameStamp(this.#stamps, index, stamp);
  }

  isKnown(index: number): boolean {
    return (this.#knownIndexes[index] ?? -1) !== -1;
  }

  /** The digest of a file that is what it was: 64 hex digits; undefined for others. */
  knownDigest(index: number): string | undefined {
    const at = this.#knownIndexes[index] ?? -1;
    return this.#known === undefined || at === -1 ? undefined : digestAt(this.#known, at);
  }

  /** The same as bytes, to a place in a buffer; only for one that `isKnown`. */
  copyKnownDigest(index: number, target: Buffer, place: number): void {
    const at = (this.#knownIndexes[index] ?? -1) * digestBytes;
    this.#known?.digests.copy(target, place, at, at + digestBytes);
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
  #digest: string | undefined;
  #settled: boolean;

  constructor(path: ByteString, directory: SeenDirectory, index: number) {
    this.path = path;
    this.#directory = directory;
    this.#index = index;
    this.#settled = directory.isKnown(index);
  }

  /** SHA-256, 64 hex digits; undefined until it is known. */
  get digest(): string | undefined {
    this.#digest ??= this.#directory.knownDigest(this.#index);
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
