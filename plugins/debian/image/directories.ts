import { type ByteString, type LayerEntry, parentPath } from "tsdock/plugin";

export const directory = (path: ByteString, mode = 0o755): LayerEntry => ({
  type: "directory",
  path,
  mode,
  uid: 0,
  gid: 0,
  mtime: 0,
});

export function textFile(path: ByteString, text: string | Uint8Array, mode = 0o644): LayerEntry {
  const content = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  return { type: "file", path, mode, uid: 0, gid: 0, mtime: 0, size: content.length, content };
}

/** Adds the directories that entries lie in and that nothing in the layer gives: 755, as packages have theirs. */
export function addParents(entries: Map<ByteString, LayerEntry>): void {
  for (const path of [...entries.keys()]) {
    for (let parent = parentPath(path); parent !== "" && !entries.has(parent); parent = parentPath(parent)) {
      entries.set(parent, directory(parent));
    }
  }
}
