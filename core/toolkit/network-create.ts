import type { CreateNetworkOptions } from "../run/network/contract.ts";
import { homeNetworks } from "./home-networks.ts";
import type { Host } from "./host.ts";

/** Gives the new network's id. Error `NETWORK_INVALID`, `NETWORK_EXISTS`, `NETWORK_FULL`. */
export async function createNetwork(options: CreateNetworkOptions, host: Host): Promise<string> {
  return (await (await homeNetworks(host)).create(options, host.signal)).id;
}
