import type { LayerEntry } from "./entry.ts";
import { runInWorker } from "./layer-pool.ts";
import { type PackedLayer, packLayerToFile } from "./pack-layer.ts";

/** Work below this takes less time than handing it to a thread: bytes, about 40 ms of packing. */
const workerThreshold = 32 * 1024 * 1024;
/** What an entry costs besides its content, in bytes of content. */
const entryCost = 16 * 1024;

/** Packing this would hold up the event loop. */
export function isLarge(entries: readonly LayerEntry[]): boolean {
  let cost = entries.length * entryCost;
  for (const entry of entries) if (entry.type === "file") cost += entry.size;
  return cost > workerThreshold;
}

/** Packs in a thread. Errors are those of `packLayer`. */
export const packLayerInWorker = (
  entries: readonly LayerEntry[],
  file: string,
  signal: AbortSignal,
): Promise<PackedLayer> => runInWorker({ kind: "pack", entries, file }, signal);

/**
 * Packs entries into `file`: here when it is quick, in a thread when it is not. The bytes are those of `packLayer`.
 * Errors are those of `packLayer`; on abort the signal's reason, with part of the file written.
 */
export async function packLayerTo(
  entries: readonly LayerEntry[],
  file: string,
  signal: AbortSignal,
): Promise<PackedLayer> {
  signal.throwIfAborted();
  return isLarge(entries) ? await packLayerInWorker(entries, file, signal) : packLayerToFile(entries, file);
}
