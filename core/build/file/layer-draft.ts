import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "../../oci/layer/byte-path.ts";
import {
  type ByteString,
  baseName,
  joinPath,
  type LayerEntry,
  parentPath,
  whiteoutPrefix,
} from "../../oci/layer/entry.ts";
import type { TreeEntry } from "../../oci/layer/tree.ts";
import type { BaseFacts, DirectoryFacts } from "./base-facts.ts";
import type { Owner } from "./file-owner.ts";

/** An entry without its place: what is put into a layer. */
export type DraftEntry = TreeEntry extends infer E
  ? E extends TreeEntry
    ? Omit<E, "path" | "mtime">
    : never
  : never;

interface Placed {
  readonly entry: LayerEntry;
  /** What names of one file share. */
  readonly inode: object | undefined;
}

export interface LayerDraftOptions {
  readonly base: BaseFacts;
  /** Owner of directories that have to be made on the way. */
  readonly parentOwner: Owner;
  /** Of every entry: seconds since 1970. */
  readonly mtime: number;
}

/**
 * A layer under construction on a base. Each entry comes with its parent directories, which have the base's mode and owner
 * where the base has them; links of the base that lead to directories are followed, so that nothing is hidden by accident.
 */
export class LayerDraft {
  readonly #options: LayerDraftOptions;
  readonly #placed = new Map<ByteString, Placed>();

  constructor(options: LayerDraftOptions) {
    this.#options = options;
  }

  /** Where a path really lies once links of the base are followed, also at its end. Error `TREE_LINK_LOOP`. */
  resolve(path: ByteString): ByteString {
    return this.#options.base.resolve(path, { followLast: true });
  }

  isDirectory(path: ByteString): boolean {
    const placed = this.#placed.get(path);
    return placed === undefined
      ? this.#options.base.directory(path) !== undefined
      : placed.entry.type === "directory";
  }

  /** The mode and owner of a directory as it stands: as placed, else as the base has it at the end of its links. */
  baseDirectory(path: ByteString): DirectoryFacts | undefined {
    const placed = this.#placed.get(path)?.entry;
    return placed?.type === "directory" ? placed : this.#options.base.directory(this.resolve(path));
  }

  /** Makes sure that a directory is there, with its parents; one that is there stays as it is. Path resolved. Error `FILE_CONFLICT`. */
  ensureDirectory(path: ByteString): void {
    if (path === "") return;
    const placed = this.#placed.get(path);
    if (placed?.entry.type === "directory") return;
    if (placed !== undefined) throw notDirectory(path);
    this.ensureDirectory(parentPath(path));
    const { base, parentOwner, mtime } = this.#options;
    const facts = base.directory(path) ?? { mode: 0o755, ...parentOwner };
    this.#placed.set(path, { entry: { type: "directory", path, ...facts, mtime }, inode: undefined });
  }

  /**
   * Puts a directory with its own mode and owner: gives the place where it lies. A link of the base in its place is followed
   * if it leads to a directory. Parents must be there. Error `FILE_CONFLICT`.
   */
  putDirectory(path: ByteString, entry: Extract<DraftEntry, { type: "directory" }>): ByteString {
    if (path === "") return path;
    checkName(path);
    const { base, mtime } = this.#options;
    const placed = this.#placed.get(path)?.entry;
    if (placed !== undefined && placed.type !== "directory") throw notDirectory(path);
    const isLink = placed === undefined && base.link(path) !== undefined;
    const target = isLink ? this.resolve(path) : path;
    if (isLink && base.directory(target) === undefined) throw notDirectory(path);
    if (isLink) this.ensureDirectory(parentPath(target));
    this.#placed.set(target, { entry: { ...entry, path: target, mtime }, inode: undefined });
    return target;
  }

  /** Puts anything but a directory; what the base has there is hidden. Parents must be there. Error `FILE_CONFLICT`, `FILE_NAME_RESERVED`. */
  put(path: ByteString, entry: Exclude<DraftEntry, { type: "directory" }>, inode?: object): void {
    checkName(path);
    if (path === "" || this.isDirectory(path)) throw isDirectory(path);
    this.#placed.set(path, { entry: placedAt(path, entry, this.#options.mtime), inode });
  }

  /** Puts an entry that is not part of a tree: a whiteout. Its parents are made sure of. */
  putMarker(entry: LayerEntry): void {
    this.ensureDirectory(parentPath(entry.path));
    this.#placed.set(entry.path, { entry: { ...entry, mtime: this.#options.mtime }, inode: undefined });
  }

  /** By path; of the names of one file the first has the content and the others are hard links to it. */
  entries(): LayerEntry[] {
    const first = new Map<object, ByteString>();
    return [...this.#placed.keys()].sort().flatMap((path) => {
      const placed = this.#placed.get(path);
      if (placed === undefined) return [];
      const { entry, inode } = placed;
      const target = inode === undefined ? undefined : first.get(inode);
      if (inode !== undefined && target === undefined) first.set(inode, path);
      if (target === undefined) return [entry];
      const { mode, uid, gid, mtime } = entry;
      return [{ type: "hardlink", path, mode, uid, gid, mtime, target }];
    });
  }
}

/** Files, of which there are many, are written out: copying objects by their keys is slow. */
function placedAt(
  path: ByteString,
  entry: Exclude<DraftEntry, { type: "directory" }>,
  mtime: number,
): LayerEntry {
  if (entry.type !== "file" || entry.xattrs !== undefined) return { ...entry, path, mtime };
  const { type, mode, uid, gid, size, content } = entry;
  return { type, path, mode, uid, gid, mtime, size, content };
}

function checkName(path: ByteString): void {
  if (!baseName(path).startsWith(whiteoutPrefix)) return;
  throw new TsdockError(
    "FILE_NAME_RESERVED",
    `${showPath(path)} cannot be in a layer: names that begin with .wh. mean that something is removed`,
    {
      hint: "rename the file, or leave it out with exclude",
    },
  );
}

const isDirectory = (path: ByteString): TsdockError =>
  new TsdockError(
    "FILE_CONFLICT",
    `${showPath(joinPath("", path))} is a directory in the image, and a file would take its place`,
    {
      hint: "end the destination with / to copy into the directory, or remove() the directory first",
    },
  );

const notDirectory = (path: ByteString): TsdockError =>
  new TsdockError(
    "FILE_CONFLICT",
    `${showPath(path)} is no directory in the image, and a directory would take its place`,
    {
      hint: "copy to another place, or remove() what is there first",
    },
  );
