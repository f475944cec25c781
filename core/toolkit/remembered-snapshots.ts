import fs from "node:fs";
import path from "node:path";
import { type Digest, hexOf } from "../oci/spec/digest.ts";
import { useResolutionMs } from "../oci/store/last-use.ts";
import { bootId } from "../oci/store/process-owner.ts";
import type { Store } from "../oci/store/store.ts";
import { keep, readKept } from "../util/kept-json.ts";

const format = "tsdock layers 1";

/** The layers of an image that were unpacked when it last ran, and what their records were like then. */
interface Written {
  readonly boot: string;
  readonly trees: readonly (readonly [tree: string, facts: string])[];
}

/**
 * Directories of layers, lowest first, where all of them are unpacked. `manifest` is the image's: its records are read only where they are
 * not those of the last time.
 */
export function rememberedSnapshots(
  home: string,
  { snapshots }: Store,
  manifest: Digest,
  diffIds: readonly Digest[],
): readonly string[] | undefined {
  const file = path.join(home, "contexts", `layers-${hexOf(manifest)}.json`);
  const known = readKept(file, format) as Written | undefined;
  if (known?.boot === bootId() && known.trees.every(([tree, facts]) => facts === factsOf(tree)))
    return known.trees.map(([tree]) => tree);
  const found = diffIds.flatMap((diffId) => snapshots.path(diffId) ?? []);
  if (found.length !== diffIds.length) return undefined;
  const trees = found.map((tree) => [tree, factsOf(tree)] as const);
  // What is not there now is no memory.
  if (trees.every(([, facts]) => facts !== "none"))
    keep(file, format, { boot: bootId(), trees } satisfies Written);
  return found;
}

/** Of the record beside a tree; none where it is not there, or was not used for so long that its use must be noted. */
function factsOf(tree: string): string {
  const stats = fs.lstatSync(`${tree}.json`, { throwIfNoEntry: false });
  if (stats === undefined || Date.now() - stats.mtimeMs >= useResolutionMs) return "none";
  return `${stats.ino} ${stats.mtimeMs} ${stats.ctimeMs}`;
}
