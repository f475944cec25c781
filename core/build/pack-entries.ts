import type { LayerEntry } from "../oci/layer/entry.ts";
import { packLayerTo } from "../oci/layer/pack-layer-to.ts";
import type { Blobs } from "../oci/store/contract.ts";
import type { TreeLayer } from "./tree.ts";

/** Packs entries into a layer of the store; no entries make no layer. */
export async function packEntries(
  entries: readonly LayerEntry[],
  blobs: Blobs,
  signal: AbortSignal,
): Promise<Required<TreeLayer> | null> {
  if (entries.length === 0) return null;
  await using pending = await blobs.pending();
  const layer = await packLayerTo(entries, pending.path, signal);
  await pending.commit(layer.diffId, layer.size);
  return layer;
}
