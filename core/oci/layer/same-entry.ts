import { closeSync, openSync, readSync } from "node:fs";
import { nativePath } from "./byte-path.ts";
import { unreadable } from "./unreadable-content.ts";
import type { ByteString, FileContent, TreeEntry } from "./entry.ts";

/** What is asked of a merged tree here. */
interface ReadableTree extends Iterable<TreeEntry> {
  get(path: ByteString): TreeEntry | undefined;
  inode(path: ByteString): object | undefined;
}

function sameXattrs(a: TreeEntry["xattrs"], b: TreeEntry["xattrs"]): boolean {
  if ((a?.size ?? 0) !== (b?.size ?? 0)) return false;
  for (const [name, value] of a ?? []) {
    const other = b?.get(name);
    if (other === undefined || Buffer.compare(value, other) !== 0) return false;
  }
  return true;
}

const pieceSize = 256 * 1024;

/** Reads pieces of a content one after another; close it in the end. */
function pieces(content: FileContent): { read(at: number, length: number): Uint8Array; close(): void } {
  if (content instanceof Uint8Array)
    return { read: (at, length) => content.subarray(at, at + length), close: () => undefined };
  const { path, offset = 0 } = content;
  const buffer = Buffer.allocUnsafe(pieceSize);
  try {
    const fd = openSync(nativePath(path), "r");
    return {
      read: (at, length) => buffer.subarray(0, readSync(fd, buffer, 0, length, offset + at)),
      close: () => closeSync(fd),
    };
  } catch (error) {
    throw unreadable(path, error);
  }
}

function sameContent(a: FileContent, b: FileContent, size: number): boolean {
  if (a === b) return true;
  if (
    !(a instanceof Uint8Array) &&
    !(b instanceof Uint8Array) &&
    a.path === b.path &&
    (a.offset ?? 0) === (b.offset ?? 0)
  )
    return true;
  const left = pieces(a);
  const right = pieces(b);
  try {
    for (let at = 0; at < size; at += pieceSize) {
      const length = Math.min(pieceSize, size - at);
      if (Buffer.compare(left.read(at, length), right.read(at, length)) !== 0) return false;
    }
    return true;
  } finally {
    left.close();
    right.close();
  }
}

/** Whether two entries of one path are the same file: all that a layer can say of it. Reads contents only where all else is equal. */
export function sameEntry(a: TreeEntry, b: TreeEntry): boolean {
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.mtime !== b.mtime) return false;
  if (!sameXattrs(a.xattrs, b.xattrs)) return false;
  if (a.type === "symlink") return b.type === "symlink" && a.target === b.target;
  if (a.type === "character" || a.type === "block")
    return b.type === a.type && a.major === b.major && a.minor === b.minor;
  if (a.type === "file")
    return b.type === "file" && a.size === b.size && sameContent(a.content, b.content, a.size);
  return a.type === b.type;
}

/** The names of each file that has several. */
function linkedNames(tree: ReadableTree): Map<object, ByteString[]> {
  const names = new Map<object, ByteString[]>();
  for (const { path, type } of tree) {
    const inode = type === "directory" ? undefined : tree.inode(path);
    if (inode === undefined) continue;
    const known = names.get(inode);
    if (known === undefined) names.set(inode, [path]);
    else known.push(path);
  }
  return names;
}

/** The files of `upper` whose names or content are others than in `lower`: all names of such a file are written again. */
export function changedInodes(lower: ReadableTree, upper: ReadableTree): Set<object> {
  const before = linkedNames(lower);
  const changed = new Set<object>();
  for (const [inode, names] of linkedNames(upper)) {
    const first = names[0] ?? "";
    const old = before.get(lower.inode(first) ?? inode) ?? [];
    const [was, is] = [lower.get(first), upper.get(first)];
    const same = old.length === names.length && names.every((name, i) => old[i] === name);
    if (!same || (names.length > 1 && was !== undefined && is !== undefined && !sameEntry(was, is)))
      changed.add(inode);
  }
  return changed;
}
