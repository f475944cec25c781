import { createHash } from "node:crypto";
import type { LockedPackage } from "../lock.ts";

/** Packages that share a layer. */
export interface LayerGroup {
  readonly packages: readonly LockedPackage[];
}

/** A .deb of at least this many bytes has a layer of its own … */
const largePackage = 4 * 1024 * 1024;
/** … unless there are more of them than this: an image may have 127 layers, and its user wants most of them. */
const maxLarge = 16;
const baseBuckets = 4;
const otherBuckets = 8;

const bucketOf = (name: string, buckets: number): number =>
  createHash("sha256").update(name).digest().readUInt32BE(0) % buckets;

const byName = (a: LockedPackage, b: LockedPackage): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

/**
 * Which packages go into one layer. Where a package goes depends on its own name and size and on nothing else in the
 * image (docs/decisions/0005-debian-layers.md): base packages first, then others, then large ones.
 */
export function layerGroups(packages: readonly LockedPackage[]): LayerGroup[] {
  const large = packages
    .filter((locked) => locked.size >= largePackage)
    .sort((a, b) => b.size - a.size || byName(a, b))
    .slice(0, maxLarge);
  const alone = new Set(large);
  const groups = new Map<number, LockedPackage[]>();
  for (const locked of packages) {
    if (alone.has(locked)) continue;
    const key =
      locked.base === true
        ? bucketOf(locked.name, baseBuckets)
        : baseBuckets + bucketOf(locked.name, otherBuckets);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [locked]);
    else group.push(locked);
  }
  return [
    ...[...groups].sort(([a], [b]) => a - b).map(([, group]) => ({ packages: group.sort(byName) })),
    ...large.sort(byName).map((locked) => ({ packages: [locked] })),
  ];
}
