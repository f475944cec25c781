import { lstatSync, type Dirent, readdirSync, readlinkSync, type Stats } from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import { comparePaths, nativePath, showPath } from "../../oci/layer/byte-path.ts";
import {
  type ByteString,
  baseName,
  type FileEntry,
  joinPath,
  parentPath,
  toByteString,
} from "../../oci/layer/entry.ts";
import { type ResolveOptions, resolvePath } from "../../oci/layer/resolve-path.ts";
import type { TreeEntry } from "../../oci/layer/tree.ts";
import { changed, hashFile } from "./hash-file.ts";
import type { IgnoreMatcher, ParentMatches } from "./ignore-patterns.ts";
import {
  digestAt,
  type FileStamp,
  type KnownDirectory,
  type KnownFile,
  knownDirectory,
  sameStamp,
} from "./stat-cache.ts";

interface Node {
  readonly entry: TreeEntry;
  /** Of files. */
  readonly stamp?: FileStamp;
  digest: string | undefined;
  /** Whether the digest may be kept for later runs: see `isSettled`. */
  settled: boolean;
}

interface Directory {
  readonly nodes: ReadonlyMap<ByteString, Node>;
  readonly matches: ParentMatches;
}

export interface ContextTreeOptions {
  /** Absolute. */
  readonly directory: string;
  readonly ignore: IgnoreMatcher;
  /** Files by directory as an earlier run left them. */
  readonly known: ReadonlyMap<ByteString, KnownDirectory>;
  readonly emit: EventSink;
}

/**
 * The files of a context as a copy may see them: without what is ignored, modes as git has them (644, 755), owner 0:0,
 * symbolic links as links, names as bytes. A directory is read when somebody asks for it, a file's content when somebody
 * asks for its digest, and neither twice.
 */
export class ContextTree {
  readonly #options: ContextTreeOptions;
  readonly #root: ByteString;
  readonly #directories = new Map<ByteString, Directory>();
  #hashed = 0;

  constructor(options: ContextTreeOptions) {
    this.#options = options;
    this.#root = toByteString(options.directory);
  }

  /** The entry at a path, links not followed. `""` is the root. Errors `CONTEXT_MISSING`, `FILE_UNREADABLE`. */
  get(path: ByteString): TreeEntry | undefined {
    return path === "" ? directoryEntry("") : this.#node(path)?.entry;
  }

  /** Names in a directory, in byte order; none for anything else. */
  list(path: ByteString): readonly ByteString[] {
    return [...(this.#directory(path)?.nodes.keys() ?? [])];
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
    const node = this.#node(file.path);
    if (node?.stamp === undefined) throw changed(this.#absolute(file.path));
    node.digest ??= this.#hash(node, node.stamp);
    return node.digest;
  }

  /** Error `FILE_CHANGED` if a file is no longer what its digest was computed of: to be asked once its content was packed. */
  verify(files: Iterable<FileEntry>): void {
    for (const { path } of files) {
      const stamp = this.#node(path)?.stamp;
      const stats = lstatSync(nativePath(this.#absolute(path)), { throwIfNoEntry: false });
      if (stamp === undefined || stats === undefined || !isSame(stamp, stats))
        throw changed(this.#absolute(path));
    }
  }

  /** What later runs may know; undefined where an earlier run's knowledge is as good. */
  known(): ReadonlyMap<ByteString, KnownDirectory> | undefined {
    if (this.#hashed === 0) return undefined;
    const result = new Map<ByteString, KnownDirectory>();
    for (const [path, directory] of this.#options.known) if (!this.#isGone(path)) result.set(path, directory);
    for (const [path, { nodes }] of this.#directories) result.set(path, knownDirectory(knownFiles(nodes)));
    return result;
  }

  #absolute(path: ByteString): ByteString {
    return path === "" ? this.#root : `${this.#root}/${path}`;
  }

  #hash(node: Node, stamp: FileStamp): string {
    const now = Date.now();
    const path = this.#absolute(node.entry.path);
    const { digest, stats } = hashFile(path);
    if (!isSame(stamp, stats)) throw changed(path);
    node.settled = isSettled(stamp, now);
    this.#hashed++;
    return digest;
  }

  /** Whether a directory that was known is there no more, as far as this run has looked. */
  #isGone(path: ByteString): boolean {
    if (path === "") return false;
    const parent = this.#directories.get(parentPath(path));
    return parent === undefined
      ? this.#isGone(parentPath(path))
      : parent.nodes.get(baseName(path))?.entry.type !== "directory";
  }

  #node(path: ByteString): Node | undefined {
    return this.#directory(parentPath(path))?.nodes.get(baseName(path));
  }

  #directory(path: ByteString): Directory | undefined {
    const read = this.#directories.get(path);
    if (read !== undefined) return read;
    if (path === "") return this.#read("", []);
    const parent = this.#directory(parentPath(path));
    if (parent?.nodes.get(baseName(path))?.entry.type !== "directory") return undefined;
    // Reading the parent may have read this one: an ignored directory is looked into for exceptions.
    return this.#directories.get(path) ?? this.#read(path, this.#matchesOf(path, parent));
  }

  #matchesOf(path: ByteString, parent: Directory): ParentMatches {
    return this.#options.ignore.isEmpty ? [] : this.#options.ignore.match(path, parent.matches).matches;
  }

  #read(path: ByteString, matches: ParentMatches): Directory {
    const nodes = new Map<ByteString, Node>();
    const reuse = new KnownCursor(this.#options.known.get(path));
    for (const item of this.#readNames(path)) {
      const child = joinPath(path, item.name);
      if (!this.#options.ignore.isEmpty && this.#isIgnored(child, item.isDirectory(), matches)) continue;
      const node = this.#toNode(child, item, reuse);
      if (node !== undefined) nodes.set(item.name, node);
    }
    const directory = { nodes, matches };
    this.#directories.set(path, directory);
    return directory;
  }

  #isIgnored(path: ByteString, isDirectory: boolean, parent: ParentMatches): boolean {
    const { ignore } = this.#options;
    const { ignored, matches } = ignore.match(path, parent);
    if (!ignored || !isDirectory || !ignore.mayHoldExceptions(path)) return ignored;
    return this.#read(path, matches).nodes.size === 0;
  }

  #readNames(path: ByteString): readonly Dirent[] {
    try {
      const names = readdirSync(nativePath(this.#absolute(path)), {
        encoding: "latin1",
        withFileTypes: true,
      });
      return names.sort((a, b) => comparePaths(a.name, b.name));
    } catch (error) {
      if (path === "") throw contextMissing(this.#options.directory, error);
      throw directoryUnreadable(this.#absolute(path), error);
    }
  }

  #toNode(path: ByteString, item: Dirent, reuse: KnownCursor): Node | undefined {
    if (item.isDirectory()) return { entry: directoryEntry(path), digest: undefined, settled: false };
    if (item.isFile()) return this.#toFile(path, item.name, reuse);
    if (item.isSymbolicLink()) {
      const target = readlinkSync(nativePath(this.#absolute(path)), { encoding: "latin1" });
      return {
        entry: { type: "symlink", path, mode: 0o777, uid: 0, gid: 0, mtime: 0, target },
        digest: undefined,
        settled: false,
      };
    }
    this.#options.emit({
      type: "warning",
      code: "CONTEXT_SKIPPED",
      message: `${showPath(this.#absolute(path))} is ${kindOf(item)} and was left out`,
      hint: "name it in .dockerignore to say that this is meant",
    });
    return undefined;
  }

  #toFile(path: ByteString, name: ByteString, reuse: KnownCursor): Node | undefined {
    const absolute = this.#absolute(path);
    const stats = lstatSync(nativePath(absolute), { throwIfNoEntry: false });
    // Gone since its directory was read: as if it had never been there.
    if (stats?.isFile() !== true) return undefined;
    const { size, mtimeMs, ctimeMs, ino } = stats;
    const stamp = { size, mtimeMs, ctimeMs, ino };
    const digest = reuse.digest(name, stamp);
    const mode = (stats.mode & 0o100) === 0 ? 0o644 : 0o755;
    const entry: FileEntry = {
      type: "file",
      path,
      mode,
      uid: 0,
      gid: 0,
      mtime: 0,
      size,
      content: { path: absolute },
    };
    return { entry, stamp, digest, settled: digest !== undefined };
  }
}

/** Goes through the known files of a directory as their names come by, in the same order. */
class KnownCursor {
  readonly #directory: KnownDirectory | undefined;
  #at = 0;

  constructor(directory: KnownDirectory | undefined) {
    this.#directory = directory;
  }

  digest(name: ByteString, stamp: FileStamp): string | undefined {
    const directory = this.#directory;
    if (directory === undefined) return undefined;
    while ((directory.names[this.#at] ?? name) < name) this.#at++;
    if (directory.names[this.#at] !== name || !sameStamp(directory.stamps, this.#at, stamp)) return undefined;
    return digestAt(directory, this.#at);
  }
}

const directoryEntry = (path: ByteString): TreeEntry => ({
  type: "directory",
  path,
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
});

const linkTarget = (entry: TreeEntry | undefined): ByteString | undefined =>
  entry?.type === "symlink" ? entry.target : undefined;

const isSame = (stamp: FileStamp, stats: Stats): boolean =>
  stats.isFile() &&
  stamp.size === stats.size &&
  stamp.mtimeMs === stats.mtimeMs &&
  stamp.ctimeMs === stats.ctimeMs &&
  stamp.ino === stats.ino;

/**
 * Whether a later write must show in the file's times. One that follows within the clock's granularity would not, so a
 * file that changed just before it was read is read again next time (git calls it racily clean). The kernel sets ctime
 * at every write and nobody can set it back.
 */
function isSettled({ ctimeMs }: FileStamp, readAt: number): boolean {
  const granularity = ctimeMs % 1000 === 0 ? 2100 : 50;
  return readAt - ctimeMs > granularity;
}

function knownFiles(nodes: ReadonlyMap<ByteString, Node>): (readonly [ByteString, KnownFile])[] {
  return [...nodes].flatMap(([name, { stamp, digest, settled }]) =>
    stamp === undefined || digest === undefined || !settled ? [] : [[name, { ...stamp, digest }] as const],
  );
}

function kindOf(item: Dirent): string {
  if (item.isFIFO()) return "a FIFO";
  return item.isSocket() ? "a socket" : "a device";
}

function contextMissing(directory: string, cause: unknown): TsdockError {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  const why =
    code === "ENOENT"
      ? "does not exist"
      : code === "ENOTDIR"
        ? "is not a directory"
        : `cannot be read (${code})`;
  return new TsdockError("CONTEXT_MISSING", `the context ${directory} ${why}`, {
    hint: "give image({ context }) a directory, relative to the module's package",
    cause,
  });
}

function directoryUnreadable(path: ByteString, cause: unknown): TsdockError {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  return new TsdockError(
    "FILE_UNREADABLE",
    `cannot read the directory ${showPath(path)}: ${code === "EACCES" ? "permission denied" : code}`,
    {
      hint: "make it readable, or leave it out with .dockerignore",
      cause,
    },
  );
}
