import fs from "node:fs";
import path from "node:path";
import { statIfThere } from "./last-use.ts";
import { snapshotPaths } from "./snapshot-directories.ts";
import { codeOf, isMissing } from "./store-error.ts";
import { readNames } from "./temp-files.ts";

export const itemKinds = [
  "blob",
  "action",
  "compressed",
  "snapshot",
  "download",
  "mount",
  "context",
  "record",
  "fact",
] as const;
export type ItemKind = (typeof itemKinds)[number];

/** Something in a store that can be removed by itself. */
export interface StoreItem {
  readonly kind: ItemKind;
  /** The name of its file without directory and ending: a digest's digits, a key, an id. */
  readonly id: string;
  /** Absolute path of the file whose modification time is that of the last use. */
  readonly mark: string;
  /** The tree that goes with it: a snapshot's, a cache mount's. */
  readonly tree?: string;
  /** Bytes that it takes on the disk. */
  readonly bytes: number;
  /** Milliseconds since 1970, to the hour. */
  readonly lastUse: number;
}

/** Everything that a store holds; `kinds` limits it. Sizes of trees are found by walking them. */
export function inventory(store: string, kinds: readonly ItemKind[] = itemKinds): readonly StoreItem[] {
  return kinds.flatMap((kind) => finders[kind](store));
}

const finders: Readonly<Record<ItemKind, (store: string) => readonly StoreItem[]>> = {
  blob: (store) => files("blob", path.join(store, "blobs", "sha256")),
  action: (store) => shards("action", path.join(store, "actions")),
  compressed: (store) => shards("compressed", path.join(store, "layers")),
  snapshot: (store) =>
    trees("snapshot", path.join(store, "snapshots"), (id) => snapshotPaths(store, id).record),
  download: (store) => files("download", path.join(store, "downloads", "sha256")),
  mount: (store) =>
    trees("mount", path.join(store, "mounts"), (id) => path.join(store, "mounts", `${id}.json`)),
  context: (store) => files("context", path.join(store, "contexts")),
  record: (store) => files("record", path.join(store, "records")),
  fact: (store) => shards("fact", path.join(store, "facts")),
};

function files(kind: ItemKind, directory: string): readonly StoreItem[] {
  return readNames(directory).flatMap((name) => {
    const mark = path.join(directory, name);
    const stats = statIfThere(mark);
    if (stats?.isFile() !== true) return [];
    return [{ kind, id: name.replace(/\.json$/, ""), mark, bytes: diskBytes(stats), lastUse: stats.mtimeMs }];
  });
}

const shards = (kind: ItemKind, directory: string): readonly StoreItem[] =>
  readNames(directory).flatMap((shard) => files(kind, path.join(directory, shard)));

function trees(kind: ItemKind, directory: string, markOf: (id: string) => string): readonly StoreItem[] {
  return readNames(directory)
    .filter((name) => !name.endsWith(".json"))
    .flatMap((id) => {
      const tree = path.join(directory, id);
      const mark = markOf(id);
      const stats = statIfThere(mark) ?? statIfThere(tree);
      return stats === undefined
        ? []
        : [{ kind, id, mark, tree, bytes: treeBytes(tree), lastUse: stats.mtimeMs }];
    });
}

/** What a file takes on the disk: less than its size where it is sparse. */
export const diskBytes = (stats: fs.Stats): number => stats.blocks * 512;

/** Directories that belong to others count without what is in them; files of several names count once. */
export function treeBytes(root: string): number {
  const seen = new Set<number>();
  const waiting = [root];
  let bytes = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const stats = statIfThere(next);
    if (stats === undefined || (stats.nlink > 1 && !stats.isDirectory() && seen.has(stats.ino))) continue;
    seen.add(stats.ino);
    bytes += diskBytes(stats);
    if (stats.isDirectory()) waiting.push(...childrenOf(next));
  }
  return bytes;
}

function childrenOf(directory: string): readonly string[] {
  try {
    // Names as bytes would need buffers everywhere; a name that is not UTF-8 is not found, and adds nothing.
    return fs.readdirSync(directory).map((name) => path.join(directory, name));
  } catch (error) {
    if (isMissing(error) || codeOf(error) === "EACCES") return [];
    throw error;
  }
}
