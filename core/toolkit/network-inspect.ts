import { TsdockError } from "../errors/tsdock-error.ts";
import type { NetworkView } from "../run/network/contract.ts";
import type { Json } from "../util/json.ts";
import { homeNetworks } from "./home-networks.ts";
import type { Host } from "./host.ts";

/** What `docker network inspect` prints of one. Error `NETWORK_NOT_FOUND`. */
export async function inspectNetwork(name: string, host: Host): Promise<Json> {
  return inspect(find(await (await homeNetworks(host)).list(host.signal), name));
}

function find(all: readonly NetworkView[], nameOrId: string): NetworkView {
  const exact = all.find(({ id, name }) => name === nameOrId || id === nameOrId);
  const byPrefix = all.filter(({ id }) => nameOrId !== "" && id.startsWith(nameOrId));
  const found = exact ?? (byPrefix.length === 1 ? byPrefix[0] : undefined);
  if (found !== undefined) return found;
  throw new TsdockError("NETWORK_NOT_FOUND", `there is no network ${nameOrId}`, {
    hint: "`tsdock network ls` shows all",
  });
}

/** Names and order of Docker Engine 20.10. */
const inspect = (network: NetworkView): Json => ({
  Name: network.name,
  Id: network.id,
  Created: network.created,
  Scope: "local",
  Driver: network.driver,
  EnableIPv6: false,
  IPAM: {
    Driver: "default",
    Options: {},
    Config:
      network.subnet === undefined
        ? []
        : [
            {
              Subnet: network.subnet,
              ...(network.gateway === undefined ? {} : { Gateway: network.gateway }),
            },
          ],
  },
  Internal: network.internal,
  Attachable: false,
  Ingress: false,
  ConfigFrom: { Network: "" },
  ConfigOnly: false,
  Containers: Object.fromEntries(
    network.endpoints.map((endpoint) => [
      endpoint.container,
      {
        Name: endpoint.name,
        EndpointID: endpoint.endpointId,
        MacAddress: endpoint.mac,
        IPv4Address: `${endpoint.address}/${endpoint.prefixLength}`,
        IPv6Address: "",
      },
    ]),
  ),
  Options: {},
  Labels: network.labels,
});
