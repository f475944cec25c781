import { humanSize } from "../oci/image/human.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";

export interface UsageRow {
  readonly type: string;
  readonly count: number;
  /** Bytes on the disk. */
  readonly bytes: number;
  readonly reclaimable: number;
  readonly humanSize: string;
  readonly humanReclaimable: string;
}

/** What the store holds, by kind, and what of it `prune --all` may remove. */
export async function storeUsage(
  host: Host,
): Promise<{ readonly rows: readonly UsageRow[]; readonly bytes: number; readonly reclaimable: number }> {
  await using store = await openStore(host);
  const { rows, bytes, reclaimable } = await store.usage();
  const forPeople = rows.map(({ kind, ...row }) => ({
    type: kind,
    ...row,
    humanSize: humanSize(row.bytes),
    humanReclaimable: humanSize(row.reclaimable),
  }));
  return { rows: forPeople, bytes, reclaimable };
}
