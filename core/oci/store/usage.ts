import { hexOf } from "../spec/digest.ts";
import type { Blobs } from "./contract.ts";
import { inventory, type ItemKind, itemKinds } from "./inventory.ts";
import type { LayoutIndex } from "./layout-index.ts";
import { neededBlobs } from "./needed-blobs.ts";

/** One line of `tsdock du`. Bytes are those taken on the disk. */
export interface UsageRow {
  readonly kind: ItemKind;
  readonly count: number;
  readonly bytes: number;
  /** What `prune --all` may remove. */
  readonly reclaimable: number;
}

export interface UsageReport {
  readonly rows: readonly UsageRow[];
  readonly bytes: number;
  readonly reclaimable: number;
}

export async function usage(directory: string, blobs: Blobs, index: LayoutIndex): Promise<UsageReport> {
  const needed = await neededBlobs(index.read().manifests, blobs, () => undefined);
  const kept = new Set([...needed.keys()].map(hexOf));
  const rows = itemKinds.map((kind): UsageRow => {
    const items = inventory(directory, [kind]);
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    const needed = items.filter((item) => (kind === "blob" || kind === "fact") && kept.has(item.id));
    return {
      kind,
      count: items.length,
      bytes,
      reclaimable: bytes - needed.reduce((sum, item) => sum + item.bytes, 0),
    };
  });
  const sum = (of: (row: UsageRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  return { rows, bytes: sum((row) => row.bytes), reclaimable: sum((row) => row.reclaimable) };
}
