import { comparePaths } from "./byte-path.ts";
import { type ByteString, joinPath, type LayerEntry, parentPath, type TreeEntry } from "./entry.ts";
import { type HardLinkEntry, linkHeads, linkToNothing } from "./link-heads.ts";
import { type ResolveOptions, resolvePath } from "./resolve-path.ts";
import { changedInodes, sameEntry } from "./same-entry.ts";
import { markerOf, whiteoutEntry } from "./whiteout.ts";

interface Node {
  entry: TreeEntry;
  /** Shared by the names of one file. */
  inode: object;
  readonly children: Map<ByteString, Node>;
}

const implicitDirectory = (path: ByteString): Node => ({
  entry: { type: "directory", path, mode: 0o755, uid: 0, gid: 0, mtime: 0 },
  inode: {},
  children: new Map(),
});

/** The files of a stack of layers as a container sees them. Built by `mergeLayers`; does not change afterwards. */
export class FileTree {
  readonly #root = implicitDirectory("");

  /** The entry at a path, links not followed. Directories that layers leave out are 755, 0:0. `""` is the root. */
  get(path: ByteString): TreeEntry | undefined {
    return this.#node(path)?.entry;
  }

  /** Names in a directory, in byte order; none for anything else. */
  list(directory: ByteString): readonly ByteString[] {
    return [...(this.#node(directory)?.children.keys() ?? [])].sort(comparePaths);
  }

  /** Everything below `from` (and itself, but never the root), depth first, names in byte order. */
  *entries(from: ByteString = ""): Generator<TreeEntry, void, undefined> {
    const start = this.#node(from);
    if (start !== undefined) yield* walk(start);
  }

  [Symbol.iterator](): Generator<TreeEntry, void, undefined> {
    return this.entries();
  }

  /** The path without symbolic links: see `resolvePath`. Error `TREE_LINK_LOOP`. */
  resolve(path: ByteString, options: ResolveOptions): ByteString {
    return resolvePath((at) => linkTarget(this.get(at)), path, options);
  }

  /** What two names share when they are hard links of one file, for `===`; undefined where there is nothing. */
  inode(path: ByteString): object | undefined {
    return this.#node(path)?.inode;
  }

  /** Lays a layer on top. For `mergeLayers`. Error `LAYER_INVALID` for a hard link to nothing. */
  apply(layer: readonly LayerEntry[]): void {
    const links: HardLinkEntry[] = [];
    const entries: TreeEntry[] = [];
    for (const entry of layer) {
      const marker = markerOf(entry.path);
      if (marker?.type === "whiteout") this.#remove(marker.path);
      else if (marker?.type === "opaque") this.#node(marker.path)?.children.clear();
      else if (marker === undefined && entry.type === "hardlink") links.push(entry);
      else if (marker === undefined && entry.type !== "hardlink") entries.push(entry);
    }
    for (const entry of entries) this.#put(entry, {});
    this.#applyLinks(links);
  }

  #applyLinks(links: readonly HardLinkEntry[]): void {
    const heads = linkHeads(links);
    for (const link of links) {
      const head = this.#node(heads.get(link.path) ?? link.target);
      if (head === undefined || head.entry.type === "directory") throw linkToNothing(link);
      if (link.path !== link.target) this.#put({ ...head.entry, path: link.path }, head.inode);
    }
  }

  #node(path: ByteString): Node | undefined {
    let node: Node | undefined = this.#root;
    if (path === "") return node;
    for (const name of path.split("/")) {
      node = node.children.get(name);
      if (node === undefined) return undefined;
    }
    return node;
  }

  #remove(path: ByteString): void {
    const slash = path.lastIndexOf("/");
    this.#node(path.slice(0, Math.max(0, slash)))?.children.delete(path.slice(slash + 1));
  }

  #put(entry: TreeEntry, inode: object): void {
    if (entry.path === "") {
      this.#root.entry = entry;
      return;
    }
    const parent = this.#directory(entry.path.slice(0, Math.max(0, entry.path.lastIndexOf("/"))));
    const name = entry.path.slice(entry.path.lastIndexOf("/") + 1);
    const existing = parent.children.get(name);
    const keep = entry.type === "directory" && existing?.entry.type === "directory";
    const children = keep ? existing.children : new Map<ByteString, Node>();
    parent.children.set(name, { entry, inode, children });
  }

  /** The node of a directory; what is missing is made, what is no directory is replaced, as overlayfs shows it. */
  #directory(path: ByteString): Node {
    let node = this.#root;
    if (path === "") return node;
    let at = "";
    for (const name of path.split("/")) {
      at = joinPath(at, name);
      let next = node.children.get(name);
      if (next === undefined || next.entry.type !== "directory") {
        next = implicitDirectory(at);
        node.children.set(name, next);
      }
      node = next;
    }
    return node;
  }
}

/** Without recursion: how deep a tree is, is up to those who made its layers. */
function* walk(start: Node): Generator<TreeEntry, void, undefined> {
  const open: Node[] = [start];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.entry.path !== "") yield node.entry;
    const children = [...node.children].sort(([a], [b]) => comparePaths(b, a));
    for (const [, child] of children) open.push(child);
  }
}

const linkTarget = (entry: TreeEntry | undefined): ByteString | undefined =>
  entry?.type === "symlink" ? entry.target : undefined;

/** Merges layers, lowest first: whiteouts and opaque directories applied. Error `LAYER_INVALID`, `LAYER_UNSAFE`. */
export function mergeLayers(layers: readonly (readonly LayerEntry[])[]): FileTree {
  const tree = new FileTree();
  for (const layer of layers) tree.apply(layer);
  return tree;
}

/** The entries of a tree as those of one layer: the second name of a file and those after it are hard links. */
export function* linkedEntries(tree: FileTree): Generator<LayerEntry, void, undefined> {
  const written = new Map<object, ByteString>();
  for (const entry of tree) {
    const inode = tree.inode(entry.path) ?? entry;
    yield hardLinkTo(written.get(inode), entry);
    if (!written.has(inode)) written.set(inode, entry.path);
  }
}

function hardLinkTo(target: ByteString | undefined, entry: TreeEntry): LayerEntry {
  if (target === undefined) return entry;
  const { mode, uid, gid, mtime, path } = entry;
  return { path, mode, uid, gid, mtime, type: "hardlink", target };
}

/**
 * The layer that makes `upper` out of `lower`: what is new or different with its parent directories, and whiteouts for
 * what is gone. Files are compared by content, owner, mode, time and attributes; a group of hard links changes as a whole.
 * Errors `FILE_CHANGED`, `FILE_UNREADABLE` where contents must be compared.
 */
export function diffTrees(lower: FileTree, upper: FileTree): LayerEntry[] {
  const changed = changedInodes(lower, upper);
  const written = new Map<object, ByteString>();
  const parents = new Set<ByteString>();
  const result: LayerEntry[] = [];
  const needParents = (path: ByteString): void => {
    for (let at = parentPath(path); at !== "" && !parents.has(at); at = parentPath(at)) parents.add(at);
  };
  const directories: TreeEntry[] = [];
  for (const entry of upper) {
    const before = lower.get(entry.path);
    if (entry.type === "directory") {
      directories.push(entry);
      if (before !== undefined && sameEntry(before, entry)) continue;
      parents.add(entry.path);
      needParents(entry.path);
      continue;
    }
    const inode = upper.inode(entry.path) ?? entry;
    if (before !== undefined && !changed.has(inode) && sameEntry(before, entry)) continue;
    needParents(entry.path);
    const target = written.get(inode);
    result.push(hardLinkTo(target, entry));
    written.set(inode, target ?? entry.path);
  }
  for (const path of removedPaths(lower, upper, "")) {
    needParents(path);
    result.push(whiteoutEntry(path));
  }
  return [...directories.filter((directory) => parents.has(directory.path)), ...result];
}

/** The topmost paths that are gone; what lay in a directory that is none any more went with it. */
function* removedPaths(
  lower: FileTree,
  upper: FileTree,
  directory: ByteString,
): Generator<ByteString, void, undefined> {
  for (const name of lower.list(directory)) {
    const path = joinPath(directory, name);
    const after = upper.get(path);
    if (after === undefined) yield path;
    else if (after.type === "directory") yield* removedPaths(lower, upper, path);
  }
}

export type { TreeEntry } from "./entry.ts";
