import { homeNetworks } from "./home-networks.ts";
import type { Host } from "./host.ts";

/** Removes networks that no container uses. Gives their names. */
export const pruneNetworks = async (host: Host): Promise<readonly string[]> =>
  (await homeNetworks(host)).prune(host.signal);
