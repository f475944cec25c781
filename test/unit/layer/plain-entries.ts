import { closeSync, openSync, readSync } from "node:fs";
import { comparePaths, nativePath } from "../../../core/oci/layer/byte-path.ts";
import type { FileContent, LayerEntry } from "../../../core/oci/layer/entry.ts";

export function contentBytes(content: FileContent, size: number): Buffer {
  if (content instanceof Uint8Array) return Buffer.from(content);
  const fd = openSync(nativePath(content.path), "r");
  const bytes = Buffer.alloc(size);
  readSync(fd, bytes, 0, size, content.offset ?? 0);
  closeSync(fd);
  return bytes;
}

/** Entries as plain data with their contents, in one order, for `toEqual`. */
export function plainEntries(entries: Iterable<LayerEntry>): unknown[] {
  return [...entries]
    .sort((a, b) => comparePaths(a.path, b.path))
    .map((entry) => ({
      ...entry,
      xattrs: Object.fromEntries(
        [...(entry.xattrs ?? [])].map(([key, value]) => [key, Buffer.from(value).toString("hex")]),
      ),
      ...(entry.type === "file" ? { content: contentBytes(entry.content, entry.size).toString("hex") } : {}),
    }));
}

export const file = (path: string, text = "", extra: Partial<LayerEntry> = {}): LayerEntry =>
  ({
    path,
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: Buffer.byteLength(text),
    content: Buffer.from(text),
    ...extra,
  }) as LayerEntry;
export const directory = (path: string, mode = 0o755): LayerEntry => ({
  path,
  type: "directory",
  mode,
  uid: 0,
  gid: 0,
  mtime: 0,
});
export const symlink = (path: string, target: string): LayerEntry => ({
  path,
  type: "symlink",
  target,
  mode: 0o777,
  uid: 0,
  gid: 0,
  mtime: 0,
});
export const hardlink = (path: string, target: string): LayerEntry => ({
  path,
  type: "hardlink",
  target,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
});
