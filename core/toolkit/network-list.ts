import type { NetworkView } from "../run/network/contract.ts";
import { homeNetworks } from "./home-networks.ts";
import type { Host } from "./host.ts";
import { resourceFilter } from "./resource-filter.ts";

/** All networks that the filters let through, by name. Error `FILTER_INVALID`. */
export async function listNetworks(
  { filters }: { readonly filters: readonly string[] },
  host: Host,
): Promise<readonly NetworkView[]> {
  const filter = resourceFilter(filters);
  const networks = await (await homeNetworks(host)).list(host.signal);
  return networks.filter((network) => {
    const builtIn = ["bridge", "host", "none"].includes(network.name);
    return filter({ ...network, builtIn, dangling: !builtIn && network.endpoints.length === 0 });
  });
}
