import { createHash } from "node:crypto";
import { byPath, type InstalledPackage } from "../install/installation.ts";

/** A package with the size of its archive. */
export interface SizedPackage {
  readonly installed: InstalledPackage;
  /** Bytes. */
  readonly size: number;
}

/** Packages that share a layer. */
export interface LayerGroup {
  /** For people. */
  readonly title: string;
  readonly packages: readonly InstalledPackage[];
}

/** An archive of at least this many bytes has a layer of its own … */
const large = 2 * 1024 * 1024;
/** … unless there are more of them than this. */
const mostLarge = 12;
const plainBuckets = 8;
const nativeBuckets = 2;

const bucketOf = (name: string, buckets: number): number =>
  createHash("sha256").update(name).digest().readUInt32BE(0) % buckets;

const bySize = (a: SizedPackage, b: SizedPackage): number =>
  b.size - a.size || byPath(a.installed, b.installed);

function titleOf(packages: readonly InstalledPackage[]): string {
  const names = [...new Set(packages.map(({ name }) => name))];
  return names.length <= 4
    ? names.join(", ")
    : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more packages`;
}

const group = (packages: readonly InstalledPackage[]): LayerGroup => ({ title: titleOf(packages), packages });

function buckets(packages: readonly SizedPackage[], count: number): LayerGroup[] {
  const found = new Map<number, InstalledPackage[]>();
  for (const { installed } of packages) {
    const bucket = bucketOf(installed.name, count);
    found.set(bucket, [...(found.get(bucket) ?? []), installed]);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, members]) => group(members.sort(byPath)));
}

/**
 * Which packages go into one layer, lowest layer first: large ones alone, the others by their names. What is for one
 * platform has layers of its own, last, so that the platforms of an image share the rest. Where a package goes depends on
 * its own name and size and on nothing else in the image (docs/decisions/0010-layers-of-a-node-app.md).
 */
export function layerGroups(packages: readonly SizedPackage[]): LayerGroup[] {
  const parts = [false, true].flatMap((native) => {
    const mine = packages.filter(({ installed }) => installed.native === native).sort(bySize);
    const alone = mine.filter(({ size }) => size >= large).slice(0, mostLarge);
    const others = mine.filter((one) => !alone.includes(one));
    return [
      ...alone.map(({ installed }) => group([installed])),
      ...buckets(others, native ? nativeBuckets : plainBuckets),
    ];
  });
  return parts;
}
