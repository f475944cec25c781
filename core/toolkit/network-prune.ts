import { homeNetworks } from "./home-networks.ts";
import type { Host } from "./host.ts";
import { pruneResourceFilter } from "./resource-filter.ts";

/** Removes networks that no container uses. Gives their names. Error `FILTER_INVALID`. */
export async function pruneNetworks(filters: readonly string[], host: Host): Promise<readonly string[]> {
  const isWanted = pruneResourceFilter(filters, Date.now());
  return (await homeNetworks(host)).prune(host.signal, isWanted);
}
