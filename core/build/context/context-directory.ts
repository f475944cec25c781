import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { isAscii } from "../../oci/layer/byte-path.ts";
import { type ByteString, type FileEntry, joinPath } from "../../oci/layer/entry.ts";
import type { TreeEntry } from "../../oci/layer/tree.ts";
import { directoryEntry, fileEntry } from "./context-entries.ts";
import type { ParentMatches } from "./ignore-patterns.ts";
import { SeenDirectory, SeenFile } from "./seen-file.ts";
import { digestBytes, type KnownDirectory, type KnownFile } from "./stat-cache.ts";

const kinds = { none: 0, file: 1, executable: 2, directory: 3, other: 4 } as const;

/**
 * What was seen of a directory of a context. A build in which nothing changed looks at every file and needs the entry of none: what
 * is seen are numbers, and entries are made when somebody asks for them.
 */
export class ContextDirectory {
  /** What the ignore patterns say of the directory itself. */
  readonly matches: ParentMatches;
  readonly #path: ByteString;
  /** On this machine. */
  readonly #absolute: ByteString;
  readonly #isAscii: boolean;
  /** In byte order, with those that are left out. */
  readonly #names: readonly ByteString[];
  readonly #kinds: Uint8Array;
  readonly #seen: SeenDirectory;
  readonly #entries = new Map<number, TreeEntry>();

  constructor(options: {
    readonly path: ByteString;
    readonly absolute: ByteString;
    readonly names: readonly ByteString[];
    readonly known: KnownDirectory | undefined;
    readonly matches: ParentMatches;
  }) {
    const { path, absolute, names, known, matches } = options;
    this.matches = matches;
    this.#path = path;
    this.#absolute = absolute;
    this.#isAscii = isAscii(absolute);
    this.#names = names;
    this.#kinds = new Uint8Array(names.length);
    this.#seen = new SeenDirectory(names.length, known);
  }

  nameAt(index: number): ByteString {
    return this.#names[index] ?? "";
  }

  /** Within the context. */
  pathAt(index: number): ByteString {
    return joinPath(this.#path, this.nameAt(index));
  }

  /** On this machine. */
  absoluteAt(index: number): ByteString {
    return `${this.#absolute}/${this.nameAt(index)}`;
  }

  /** The same for functions of the file system, which many names of a long path are asked of. */
  nativeAt(index: number): string | Buffer {
    const absolute = this.absoluteAt(index);
    return this.#isAscii && isAscii(this.nameAt(index)) ? absolute : Buffer.from(absolute, "latin1");
  }

  seeFile(index: number, stats: Stats): void {
    this.#kinds[index] = (stats.mode & 0o100) === 0 ? kinds.file : kinds.executable;
    this.#seen.see(index, this.nameAt(index), stats);
  }

  seeDirectory(index: number): void {
    this.#kinds[index] = kinds.directory;
  }

  /** Anything else, as the entry that it is. */
  seeEntry(index: number, entry: TreeEntry): void {
    this.#kinds[index] = kinds.other;
    this.#entries.set(index, entry);
  }

  get isEmpty(): boolean {
    return this.#kinds.every((kind) => kind === kinds.none);
  }

  /** Names of what is there, in byte order. */
  names(): readonly ByteString[] {
    return this.#names.filter((_, index) => this.#kinds[index] !== kinds.none);
  }

  entry(name: ByteString): TreeEntry | undefined {
    const index = this.#indexOf(name);
    return index === undefined ? undefined : this.#at(index);
  }

  /** In byte order of the names. */
  entries(): readonly TreeEntry[] {
    return this.#names.flatMap((_, index) => this.#at(index) ?? []);
  }

  hasDirectory(name: ByteString): boolean {
    const index = this.#indexOf(name);
    return index !== undefined && this.#kinds[index] === kinds.directory;
  }

  /** The files whose digests are known and may be kept. */
  settledFiles(): (readonly [ByteString, KnownFile])[] {
    return this.#names.flatMap((name, index) => {
      const content = this.#seenFile(index);
      const digest = content === undefined ? this.#seen.knownDigest(index) : settledDigest(content);
      return digest === undefined ? [] : [[name, { ...this.#seen.stamp(index), digest }] as const];
    });
  }

  /**
   * Stands for everything in it: 64 hex digits. `digestOf` says those of files that are not known, `below` what stands for a directory
   * in it (paths within the context).
   */
  summary(digestOf: (file: FileEntry) => string, below: (path: ByteString) => string): string {
    const digests = Buffer.alloc(this.#names.length * digestBytes);
    let files = 0;
    let text = "";
    const addFile = (index: number, isExecutable: boolean): void => {
      text += `${this.nameAt(index)}\0${isExecutable ? "x" : "f"}\n`;
      const place = files++ * digestBytes;
      if (this.#seen.isKnown(index)) this.#seen.copyKnownDigest(index, digests, place);
      else digests.write(digestOf(this.#at(index) as FileEntry), place, "hex");
    };
    for (let index = 0; index < this.#kinds.length; index++) {
      const kind = this.#kinds[index];
      const name = this.nameAt(index);
      const entry = kind === kinds.other ? this.#entries.get(index) : undefined;
      if (kind === kinds.directory) text += `${name}\0d ${below(this.pathAt(index))}\n`;
      else if (kind === kinds.file || kind === kinds.executable) addFile(index, kind === kinds.executable);
      else if (entry?.type === "file") addFile(index, (entry.mode & 0o100) !== 0);
      else if (entry?.type === "symlink") text += `${name}\0l ${entry.target}\0\n`;
    }
    return createHash("sha256")
      .update(`${text.length} `)
      .update(text, "latin1")
      .update(digests.subarray(0, files * digestBytes))
      .digest("hex");
  }

  #seenFile(index: number): SeenFile | undefined {
    const entry = this.#entries.get(index);
    return entry?.type === "file" && entry.content instanceof SeenFile ? entry.content : undefined;
  }

  #indexOf(name: ByteString): number | undefined {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] ?? "") < name) low = middle + 1;
      else high = middle;
    }
    return this.#names[low] === name ? low : undefined;
  }

  #at(index: number): TreeEntry | undefined {
    const made = this.#entries.get(index);
    if (made !== undefined) return made;
    const entry = this.#make(index, this.#kinds[index] ?? kinds.none);
    if (entry !== undefined) this.#entries.set(index, entry);
    return entry;
  }

  #make(index: number, kind: number): TreeEntry | undefined {
    const path = this.pathAt(index);
    if (kind === kinds.directory) return directoryEntry(path);
    if (kind !== kinds.file && kind !== kinds.executable) return undefined;
    const content = new SeenFile(this.absoluteAt(index), this.#seen, index);
    return fileEntry(path, { executable: kind === kinds.executable, size: this.#seen.size(index) }, content);
  }
}

const settledDigest = ({ digest, settled }: SeenFile): string | undefined => (settled ? digest : undefined);
