import { createHash } from "node:crypto";
import { existsSync, lstatSync, readlinkSync, realpathSync, type Stats } from "node:fs";
import type { EventSink } from "../../events.ts";
import { nativePath, showPath } from "../../oci/layer/byte-path.ts";
import {
  type ByteString,
  baseName,
  type FileEntry,
  type LayerEntry,
  parentPath,
  toByteString,
} from "../../oci/layer/entry.ts";
import { type ResolveOptions, resolvePath } from "../../oci/layer/resolve-path.ts";
import type { TreeEntry } from "../../oci/layer/tree.ts";
import { DirectoryListings } from "../../util/directory-listings.ts";
import type { FileOverlay } from "../../util/file-overlay.ts";
import { isSettled } from "../../util/settled.ts";
import { ContextDirectory } from "./context-directory.ts";
import { directoryEntry, linkEntry } from "./context-entries.ts";
import { contextMissing, directoryUnreadable, kindOf } from "./context-errors.ts";
import { changed, hashFile } from "./hash-file.ts";
import type { IgnoreMatcher, ParentMatches } from "./ignore-patterns.ts";
import { SeenFile } from "./seen-file.ts";
import { type KnownDirectory, knownDirectory } from "./stat-cache.ts";

const unlessGone = { throwIfNoEntry: false } as const;

export interface ContextTreeOptions {
  /** Absolute. */
  readonly directory: string;
  readonly ignore: IgnoreMatcher;
  /** Files by directory as an earlier run left them. */
  readonly known: ReadonlyMap<ByteString, KnownDirectory>;
  readonly emit: EventSink;
  /** Directories that were read already. */
  readonly listings?: DirectoryListings | undefined;
  /** The context as it was: see `FileOverlay`. */
  readonly overlay?: FileOverlay | undefined;
}

/**
 * The files of a context as a copy may see them: without what is ignored, modes as git has them (644, 755), owner 0:0,
 * symbolic links as links, names as bytes. A directory is read when somebody asks for it, a file's content when somebody
 * asks for its digest, and neither twice.
 */
export class ContextTree {
  readonly #options: ContextTreeOptions;
  readonly #root: ByteString;
  readonly #overlayRoot: ByteString;
  readonly #listings: DirectoryListings;
  readonly #directories = new Map<ByteString, ContextDirectory>();
  readonly #summaries = new Map<ByteString, string>();
  #hashed = 0;

  constructor(options: ContextTreeOptions) {
    this.#options = options;
    this.#listings = options.listings ?? new DirectoryListings();
    this.#root = toByteString(options.directory);
    this.#overlayRoot = options.overlay === undefined ? this.#root : realRoot(options.directory);
  }

  /** The entry at a path, links not followed. `""` is the root. Errors `CONTEXT_MISSING`, `FILE_UNREADABLE`. */
  get(path: ByteString): TreeEntry | undefined {
    return path === "" ? directoryEntry("") : this.#directory(parentPath(path))?.entry(baseName(path));
  }

  /** Names in a directory, in byte order; none for anything else. */
  list(path: ByteString): readonly ByteString[] {
    return this.#directory(path)?.names() ?? [];
  }

  /** What is in a directory, in byte order of the names; nothing for anything else. */
  children(path: ByteString): readonly TreeEntry[] {
    return this.#directory(path)?.entries() ?? [];
  }

  /** Stands for everything below a directory, 64 hex digits: the same for the same files, whatever made them. */
  summary(path: ByteString): string {
    const known = this.#summaries.get(path);
    if (known !== undefined) return known;
    const summary =
      this.#directory(path)?.summary(
        (file) => this.digest(file),
        (below) => this.summary(below),
      ) ?? "";
    this.#summaries.set(path, summary);
    return summary;
  }

  /** Links are followed within the context: what would lead out of it ends at its root. Error `TREE_LINK_LOOP`. */
  resolve(path: ByteString, options: ResolveOptions): ByteString {
    return resolvePath((at) => linkTarget(this.get(at)), path, options);
  }

  /** Names never share a file here: a context's hard links are copied as files of their own. */
  inode(): undefined {
    return undefined;
  }

  /** SHA-256 of a file's content, 64 hex digits: read once, or known from an earlier run. Errors `FILE_UNREADABLE`, `FILE_CHANGED`. */
  digest(file: FileEntry): string {
    if (file.content instanceof Uint8Array) return createHash("sha256").update(file.content).digest("hex");
    const seen = seenFile(file);
    return seen.digest ?? this.#hash(seen);
  }

  /** As `verifyUnchanged`. */
  verify(files: Iterable<FileEntry>): void {
    verifyUnchanged(files);
  }

  /** What later runs may know; undefined where an earlier run's knowledge is as good. */
  known(): ReadonlyMap<ByteString, KnownDirectory> | undefined {
    if (this.#hashed === 0 || this.#options.overlay !== undefined) return undefined;
    const result = new Map<ByteString, KnownDirectory>();
    for (const [path, directory] of this.#options.known) if (!this.#isGone(path)) result.set(path, directory);
    for (const [path, directory] of this.#directories)
      result.set(path, knownDirectory(directory.settledFiles()));
    return result;
  }

  #absolute(path: ByteString): ByteString {
    return path === "" ? this.#root : `${this.#root}/${path}`;
  }

  #hash(seen: SeenFile): string {
    const now = Date.now();
    const { digest, stats } = hashFile(seen.path);
    if (!seen.isSame(stats)) throw changed(seen.path);
    seen.learn(digest, isSettled(stats, now));
    this.#hashed++;
    return digest;
  }

  /** Whether a directory that was known is there no more, as far as this run has looked. */
  #isGone(path: ByteString): boolean {
    if (path === "") return false;
    const parent = this.#directories.get(parentPath(path));
    return parent === undefined ? this.#isGone(parentPath(path)) : !parent.hasDirectory(baseName(path));
  }

  #directory(path: ByteString): ContextDirectory | undefined {
    const read = this.#directories.get(path);
    if (read !== undefined) return read;
    if (path === "") return this.#read("", []);
    const parent = this.#directory(parentPath(path));
    if (parent?.hasDirectory(baseName(path)) !== true) return undefined;
    // Reading the parent may have read this one: an ignored directory is looked into for exceptions.
    return this.#directories.get(path) ?? this.#read(path, this.#matchesOf(path, parent));
  }

  #matchesOf(path: ByteString, parent: ContextDirectory): ParentMatches {
    return this.#options.ignore.isEmpty ? [] : this.#options.ignore.match(path, parent.matches).matches;
  }

  #read(path: ByteString, matches: ParentMatches): ContextDirectory {
    const names = this.#readNames(path);
    const known = this.#options.known.get(path);
    const absolute = this.#absolute(path);
    const directory = new ContextDirectory({ path, absolute, names, known, matches });
    for (let index = 0; index < names.length; index++) this.#look(directory, index);
    this.#directories.set(path, directory);
    return directory;
  }

  #readNames(path: ByteString): readonly ByteString[] {
    const { overlay } = this.#options;
    const then = overlay === undefined ? [] : [...overlay.names(this.#overlaid(path))];
    try {
      const now = this.#listings.names(nativePath(this.#absolute(path)));
      return then.length === 0 ? now : [...new Set([...now, ...then])].sort();
    } catch (error) {
      if (then.length > 0) return then.sort();
      if (path === "") throw contextMissing(this.#options.directory, error);
      throw directoryUnreadable(this.#absolute(path), error);
    }
  }

  /** Sees what a name stands for; nothing where it is ignored, or cannot be copied, or is gone since its directory was read. */
  #look(directory: ContextDirectory, index: number): void {
    const { ignore, overlay } = this.#options;
    // Most names of most contexts end here.
    if (overlay === undefined && (ignore.isEmpty || ignore.passes(directory.nameAt(index))))
      this.#see(directory, index);
    else this.#lookWithCare(directory, index);
  }

  #lookWithCare(directory: ContextDirectory, index: number): void {
    const { ignore, overlay } = this.#options;
    const path = directory.pathAt(index);
    const verdict = ignore.isEmpty ? undefined : ignore.match(path, directory.matches);
    const mayReturn = verdict?.ignored === true && ignore.mayHoldExceptions(path);
    if (verdict?.ignored === true && !mayReturn) return;
    const then = overlay === undefined ? undefined : this.#lookThen(path, overlay);
    if (then === "gone") return;
    if (then !== undefined && then !== "directory") {
      if (!mayReturn) directory.seeEntry(index, then);
    } else if (mayReturn) {
      // An ignored directory is there if a pattern with `!` gives something in it back.
      const isDirectory = then === "directory" || this.#lstat(path)?.isDirectory() === true;
      if (isDirectory && !this.#read(path, verdict.matches).isEmpty) directory.seeDirectory(index);
    } else if (then === "directory") directory.seeDirectory(index);
    else this.#see(directory, index);
  }

  /** Sees what is on the disk. */
  #see(directory: ContextDirectory, index: number): void {
    const native = directory.nativeAt(index);
    const stats = lstatSync(native, unlessGone);
    if (stats?.isFile() === true) directory.seeFile(index, stats);
    else if (stats?.isDirectory() === true) directory.seeDirectory(index);
    else if (stats?.isSymbolicLink() === true) {
      const target = readlinkSync(native, { encoding: "latin1" });
      directory.seeEntry(index, linkEntry(directory.pathAt(index), target));
    } else if (stats !== undefined) this.#warn(directory.absoluteAt(index), stats);
  }

  #lstat(path: ByteString): Stats | undefined {
    return lstatSync(nativePath(this.#absolute(path)), unlessGone);
  }

  /** What the overlay says of a path: an entry, a directory, or that nothing was there; undefined where it is as it was. */
  #lookThen(path: ByteString, overlay: FileOverlay): TreeEntry | "directory" | "gone" | undefined {
    const absolute = this.#overlaid(path);
    for (const _ of overlay.names(absolute)) return "directory";
    const was = overlay.file(absolute);
    if (was === undefined) return overlay.isGone(absolute) ? "gone" : undefined;
    const { bytes, kind } = was;
    if (kind === "link") return linkEntry(path, Buffer.from(bytes).toString("latin1"));
    const mode = kind === "executable" ? 0o755 : 0o644;
    return { type: "file", path, mode, uid: 0, gid: 0, mtime: 0, size: bytes.length, content: bytes };
  }

  #overlaid(path: ByteString): ByteString {
    return path === "" ? this.#overlayRoot : `${this.#overlayRoot}/${path}`;
  }

  #warn(path: ByteString, stats: Stats): void {
    this.#options.emit({
      type: "warning",
      code: "CONTEXT_SKIPPED",
      message: `${showPath(path)} is ${kindOf(stats)} and was left out`,
      hint: "name it in .dockerignore to say that this is meant",
    });
  }
}

/**
 * Error `FILE_CHANGED` if a context's file is no longer what it was when it was looked at: to be asked once its content
 * was packed. Entries that are of no context do not matter.
 */
export function verifyUnchanged(entries: Iterable<LayerEntry>): void {
  for (const entry of entries) {
    if (entry.type !== "file" || !(entry.content instanceof SeenFile)) continue;
    const { content } = entry;
    const stats = lstatSync(nativePath(content.path), unlessGone);
    if (stats === undefined || !content.isSame(stats)) throw changed(content.path);
  }
}

function seenFile({ content, path }: FileEntry): SeenFile {
  if (content instanceof SeenFile) return content;
  throw new Error(`${showPath(path)} is not a file of a context`);
}

const linkTarget = (entry: TreeEntry | undefined): ByteString | undefined =>
  entry?.type === "symlink" ? entry.target : undefined;

/** Overlays know real paths; a directory that is there no more has no other. */
const realRoot = (directory: string): ByteString =>
  toByteString(existsSync(directory) ? realpathSync(directory) : directory);
