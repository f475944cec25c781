import fs from "node:fs";
import path from "node:path";
import { type Digest, hexOf } from "../spec/digest.ts";
import type { Blobs } from "./contract.ts";
import { inventory, type ItemKind, itemKinds, type StoreItem } from "./inventory.ts";
import { statIfThere, useResolutionMs } from "./last-use.ts";
import { type LayoutIndex, refNameAnnotation } from "./layout-index.ts";
import { oldestLease } from "./leases.ts";
import { acquireLock } from "./lock.ts";
import { neededBlobs } from "./needed-blobs.ts";
import { recordedBoot, shortLinkLength } from "./snapshot-directories.ts";
import { bootId } from "./process-owner.ts";
import { codeOf, isMissing } from "./store-error.ts";
import { pinnedImages } from "./pinned-images.ts";
import type { TempFiles } from "./temp-files.ts";

/** Without `all`, `olderThan` and `keepStorage` only what nothing refers to any more is removed. */
export interface PruneOptions {
  /** Everything but what named images and running builds need. */
  readonly all?: boolean;
  /** Milliseconds since the last use. */
  readonly olderThan?: number;
  /** Bytes that may stay: the least recently used goes first. */
  readonly keepStorage?: number;
  /** Unless given, all kinds. */
  readonly kinds?: readonly ItemKind[];
  /** Removes nothing and reports what it would remove. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface PruneReport {
  readonly removed: readonly StoreItem[];
  /** Digests of images that had lost their names. */
  readonly images: readonly Digest[];
  /** Bytes on the disk. */
  readonly freed: number;
  readonly kept: number;
}

/** What prune needs of a store. */
export interface PrunableStore {
  readonly directory: string;
  readonly blobs: Blobs;
  readonly index: LayoutIndex;
  readonly temps: TempFiles;
  removeTree(directory: string): Promise<void>;
}

/**
 * Removes what is not needed. One process at a time; builds may go on meanwhile: whatever a process with a lease used
 * since its lease began stays. What is looked up after it was removed is not there, and is made again.
 */
export async function prune(store: PrunableStore, options: PruneOptions): Promise<PruneReport> {
  await using _lock = await acquireLock(path.join(store.directory, "locks", "prune"), options.signal);
  const images = await dropNameless(store, options.dryRun ?? false);
  const needed = await neededHexes(store, images);
  const items = inventory(store.directory);
  const total = items.reduce((sum, item) => sum + item.bytes, 0);
  const isCandidate = candidateFilter(items, needed, options);
  const excess = options.keepStorage === undefined ? Number.POSITIVE_INFINITY : total - options.keepStorage;
  const removed: StoreItem[] = [];
  let freed = 0;
  for (const item of items.filter(isCandidate).sort((a, b) => a.lastUse - b.lastUse)) {
    if (freed >= excess) break;
    options.signal?.throwIfAborted();
    if (options.dryRun === true ? isInUse(store.directory, item.lastUse) : !(await removeItem(store, item)))
      continue;
    removed.push(item);
    freed += item.bytes;
  }
  return { removed, images, freed, kept: total - freed };
}

async function dropNameless(store: PrunableStore, dryRun: boolean): Promise<readonly Digest[]> {
  const isNameless = (entry: { annotations?: Readonly<Record<string, string>> }): boolean =>
    entry.annotations?.[refNameAnnotation] === undefined;
  const nameless = store.index.read().manifests.filter(isNameless);
  if (nameless.length === 0 || dryRun) return nameless.map((entry) => entry.digest);
  await store.index.update((index) => ({
    ...index,
    manifests: index.manifests.filter((entry) => !isNameless(entry)),
  }));
  return nameless.map((entry) => entry.digest);
}

async function neededHexes(store: PrunableStore, dropped: readonly Digest[]): Promise<ReadonlySet<string>> {
  const roots = store.index.read().manifests.filter((entry) => !dropped.includes(entry.digest));
  // What is damaged needs nothing more; `verify` is who speaks of it.
  const needed = await neededBlobs(
    [...roots, ...pinnedImages(store.directory)],
    store.blobs,
    () => undefined,
  );
  return new Set([...needed.keys()].map(hexOf));
}

function candidateFilter(
  items: readonly StoreItem[],
  needed: ReadonlySet<string>,
  options: PruneOptions,
): (item: StoreItem) => boolean {
  const kinds = new Set(options.kinds ?? itemKinds);
  const onlyGarbage =
    options.all !== true && options.olderThan === undefined && options.keepStorage === undefined;
  const mentioned = onlyGarbage ? mentionedDigests(items) : new Set<string>();
  const limit = options.olderThan === undefined ? Number.POSITIVE_INFINITY : Date.now() - options.olderThan;
  return (item) => {
    // What is known of an image goes with it, and not before.
    if (item.kind === "fact") return kinds.has(item.kind) && !needed.has(item.id);
    // Builds keep a bounded number of records themselves, and these say what pruning took away.
    if (item.kind === "record" && options.kinds === undefined) return false;
    if (!kinds.has(item.kind) || item.lastUse > limit) return false;
    if (item.kind === "blob" && needed.has(item.id)) return false;
    if (!onlyGarbage) return true;
    if (item.kind === "snapshot" && recordedBoot(item.mark) !== bootId()) return true;
    return (
      (item.kind === "blob" || item.kind === "snapshot") && !mentioned.has(item.id) && !needed.has(item.id)
    );
  };
}

/** All digests in the records of actions and of compressed layers. */
function mentionedDigests(items: readonly StoreItem[]): Set<string> {
  const found = new Set<string>();
  for (const item of items) {
    if (item.kind !== "action" && item.kind !== "compressed") continue;
    if (item.kind === "compressed") found.add(item.id);
    const text = statIfThere(item.mark) === undefined ? "" : fs.readFileSync(item.mark, "utf8");
    for (const [, hex = ""] of text.matchAll(/sha256:([a-f0-9]{64})/g)) found.add(hex);
  }
  return found;
}

/** Times of use are up to `useResolutionMs` too early. */
function isInUse(store: string, lastUse: number): boolean {
  const lease = oldestLease(path.join(store, "leases"));
  return lease !== undefined && lastUse >= lease - useResolutionMs;
}

const treeLocks: Partial<Record<ItemKind, string>> = { snapshot: "snapshots", mount: "mounts" };

/**
 * Removes one item unless it is in use. It is first made invisible and then looked at again: a process either finds that
 * it is gone, or has noted its use before, which is seen here, and then the item comes back.
 */
export async function removeItem(store: PrunableStore, item: StoreItem): Promise<boolean> {
  const lock = treeLocks[item.kind];
  if (lock === undefined) return condemn(store, item.mark);
  const aside = store.temps.path();
  {
    await using _lock = await acquireLock(path.join(store.directory, "locks", lock));
    if (item.tree === undefined || statIfThere(item.tree) === undefined || !condemn(store, item.mark))
      return false;
    fs.renameSync(item.tree, aside);
    if (item.kind === "snapshot")
      fs.rmSync(path.join(store.directory, "l", item.id.slice(0, shortLinkLength)), { force: true });
  }
  await store.removeTree(aside);
  return true;
}

/** True where the file is gone now, or was not there. */
function condemn(store: PrunableStore, mark: string): boolean {
  const before = statIfThere(mark);
  if (before === undefined) return true;
  if (isInUse(store.directory, before.mtimeMs)) return false;
  const aside = store.temps.path();
  try {
    fs.renameSync(mark, aside);
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
  const restore = isInUse(store.directory, fs.statSync(aside).mtimeMs);
  if (restore) linkBack(aside, mark);
  fs.unlinkSync(aside);
  return !restore;
}

function linkBack(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    // Somebody has made it again in the meantime.
    if (codeOf(error) !== "EEXIST") throw error;
  }
}
