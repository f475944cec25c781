import fs from "node:fs";
import path from "node:path";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import { type Digest, hexOf, isDigest } from "../spec/digest.ts";
import type { Blobs } from "./contract.ts";
import { diskBytes, inventory, type StoreItem, treeBytes } from "./inventory.ts";
import { pinnedImages } from "./pinned-images.ts";
import { statIfThere } from "./last-use.ts";
import { acquireLock } from "./lock.ts";
import { neededBlobs } from "./needed-blobs.ts";
import { type PrunableStore, removeItem } from "./prune.ts";
import { snapshotPaths } from "./snapshot-directories.ts";

export interface RemovedContent {
  /** Manifests, configurations and layers (compressed or not) that are gone. */
  readonly digests: readonly Digest[];
  /** Bytes on the disk. */
  readonly freed: number;
}

/**
 * Removes the content of images whose entries have left the index: manifests, configurations, layers and their snapshots.
 * What another image needs, an action's record names or a process with a lease uses stays.
 */
export async function removeContent(
  store: PrunableStore,
  images: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<RemovedContent> {
  await using _lock = await acquireLock(path.join(store.directory, "locks", "prune"), signal);
  const candidates = await contentOf(images, store.blobs);
  const roots = [...store.index.read().manifests, ...pinnedImages(store.directory)];
  const kept = new Set([...(await contentOf(roots, store.blobs)), ...cached(store)]);
  const digests: Digest[] = [];
  let freed = 0;
  for (const digest of candidates) {
    signal?.throwIfAborted();
    if (kept.has(digest)) continue;
    for (const item of itemsOf(store, digest)) {
      if (!(await removeItem(store, item))) continue;
      freed += item.bytes;
      if (item.kind === "blob") digests.push(digest);
    }
  }
  return { digests, freed };
}

/** Everything that images are made of: what their descriptors lead to, and the layers as they rest uncompressed. */
async function contentOf(images: readonly Descriptor[], blobs: Blobs): Promise<ReadonlySet<Digest>> {
  const found = await neededBlobs(images, blobs, () => undefined);
  const all = new Set(found.keys());
  for (const { descriptor } of found.values()) {
    if (!/config|container\.image/.test(descriptor.mediaType)) continue;
    for (const diffId of await diffIdsOf(descriptor, blobs)) all.add(diffId);
  }
  return all;
}

async function diffIdsOf({ digest }: Descriptor, blobs: Blobs): Promise<readonly Digest[]> {
  try {
    const config = JSON.parse(Buffer.from(await blobs.read(digest)).toString("utf8")) as {
      readonly rootfs?: { readonly diff_ids?: unknown };
    } | null;
    const ids = config?.rootfs?.diff_ids;
    return Array.isArray(ids) ? ids.filter((id): id is Digest => typeof id === "string" && isDigest(id)) : [];
  } catch (error) {
    // What is missing or damaged needs nothing more.
    if (isTsdockError(error) || error instanceof SyntaxError) return [];
    throw error;
  }
}

/** What the records of actions name: the cache of builds. */
function* cached(store: PrunableStore): Generator<Digest> {
  for (const { mark } of inventory(store.directory, ["action"])) {
    const text = statIfThere(mark) === undefined ? "" : fs.readFileSync(mark, "utf8");
    for (const [digest] of text.matchAll(/sha256:[a-f0-9]{64}/g)) yield digest as Digest;
  }
}

function itemsOf(store: PrunableStore, digest: Digest): readonly StoreItem[] {
  const id = hexOf(digest);
  const { tree, record } = snapshotPaths(store.directory, id);
  const blob = store.blobs.path(digest);
  const items: StoreItem[] = [];
  const snapshot = statIfThere(record);
  if (snapshot !== undefined)
    items.push({
      kind: "snapshot",
      id,
      mark: record,
      tree,
      bytes: treeBytes(tree),
      lastUse: snapshot.mtimeMs,
    });
  const stats = statIfThere(blob);
  if (stats !== undefined)
    items.push({ kind: "blob", id, mark: blob, bytes: diskBytes(stats), lastUse: stats.mtimeMs });
  return items;
}
