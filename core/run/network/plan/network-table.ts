import { TsdockError } from "../../../errors/tsdock-error.ts";
import type { CreateNetworkOptions, EndpointView, NetworkView } from "../contract.ts";
import { chooseSubnet, collides, gatewayOf, requestedSubnet, type TakenAddresses } from "./choose-subnet.ts";
import { formatAddress, formatSubnet, parseSubnet, type Subnet } from "./ipv4.ts";
import type { Definitions, EndpointRecord, NetworkRecord } from "./network-state.ts";

/** Names that mean something else than a network of ours. */
const reserved = ["host", "none", "default", "container"];
const grammar = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** By name, id, or the beginning of an id that only one has. Error `NETWORK_NOT_FOUND`. */
export function findNetwork(definitions: Definitions, nameOrId: string): NetworkRecord {
  const { networks } = definitions;
  const exact = networks.find(({ id, name }) => name === nameOrId || id === nameOrId);
  const byPrefix = nameOrId === "" ? [] : networks.filter(({ id }) => id.startsWith(nameOrId));
  const found = exact ?? (byPrefix.length === 1 ? byPrefix[0] : undefined);
  if (found !== undefined) return found;
  throw new TsdockError(
    "NETWORK_NOT_FOUND",
    byPrefix.length > 1
      ? `${nameOrId} is the beginning of ${byPrefix.length} networks' ids`
      : `there is no network ${nameOrId}`,
    { hint: `\`tsdock network ls\` shows all; make one with \`tsdock network create ${nameOrId}\`` },
  );
}

export interface NewNetwork {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** RFC 3339. */
  readonly created: string;
}

/** Error `NETWORK_INVALID`, `NETWORK_EXISTS`, `NETWORK_FULL`. */
export function newNetwork(
  definitions: Definitions,
  options: CreateNetworkOptions,
  taken: TakenAddresses,
  { id, created }: NewNetwork,
): NetworkRecord {
  const { name } = options;
  if (!grammar.test(name) || reserved.includes(name)) {
    throw new TsdockError("NETWORK_INVALID", `${JSON.stringify(name)} cannot be the name of a network`, {
      hint: `use letters, digits and _.-, and none of ${reserved.join(", ")}`,
    });
  }
  if (definitions.networks.some((network) => network.name === name)) {
    throw new TsdockError("NETWORK_EXISTS", `a network ${name} is there already`, {
      hint: `use it, or remove it first: tsdock network rm ${name}`,
    });
  }
  const subnet = options.subnet === undefined ? chooseSubnet(taken) : requestedSubnet(options.subnet, taken);
  return {
    id,
    name,
    created,
    subnet: formatSubnet(subnet),
    gateway: formatAddress(gatewayOf(subnet, options.gateway)),
    automatic: options.subnet === undefined,
    internal: options.internal ?? false,
    labels: options.labels ?? {},
  };
}

/** The network with another subnet where its own, which nobody asked for, is no longer free. */
export function resettled(network: NetworkRecord, taken: TakenAddresses): NetworkRecord {
  if (!collides(parseSubnet(network.subnet) as Subnet, taken)) return network;
  if (!network.automatic) {
    requestedSubnet(network.subnet, taken);
    return network;
  }
  const subnet = chooseSubnet(taken);
  return { ...network, subnet: formatSubnet(subnet), gateway: formatAddress(gatewayOf(subnet, undefined)) };
}

export const replaced = (definitions: Definitions, network: NetworkRecord): Definitions => ({
  ...definitions,
  networks: definitions.networks.map((other) => (other.id === network.id ? network : other)),
});

export const prefixLengthOf = ({ subnet }: NetworkRecord): number => Number(subnet.split("/")[1]);

export function viewNetwork(network: NetworkRecord, endpoints: readonly EndpointRecord[]): NetworkView {
  const own = endpoints.filter((endpoint) => endpoint.network === network.id);
  return { ...network, driver: "bridge", endpoints: own.map((endpoint) => viewEndpoint(network, endpoint)) };
}

const viewEndpoint = (network: NetworkRecord, endpoint: EndpointRecord): EndpointView => ({
  endpointId: endpoint.id,
  container: endpoint.container,
  name: endpoint.name,
  address: endpoint.address,
  prefixLength: prefixLengthOf(network),
  mac: endpoint.mac,
  ports: endpoint.ports,
});
