import { readResolver } from "./names/resolv-conf.ts";
import type { TakenAddresses } from "./plan/choose-subnet.ts";
import { parseAddress, parseSubnet, type Subnet } from "./plan/ipv4.ts";
import {
  defaultNetwork,
  type Definitions,
  type EndpointRecord,
  type NetworkRecord,
} from "./plan/network-state.ts";
import { newNetwork } from "./plan/network-table.ts";
import type { SideKeeper } from "./side-keeper.ts";
import type { NetworkFiles } from "./state-files.ts";
import { isUp, type TableState } from "./system/bring-up.ts";
import { routedSubnets } from "./system/interfaces.ts";
import { hostSide, type Side } from "./system/side.ts";
import { randomHex } from "../../util/random-hex.ts";

/** What everything about the networks of one home needs. */
export interface NetworkContext {
  /** Absolute path of the home. */
  readonly home: string;
  readonly files: NetworkFiles;
  readonly keeper: SideKeeper;
}

/** 64 hexadecimal digits. */
export const newId = (): string => randomHex(32);

/** The definitions, made with the default network where there are none. Under the lock only. */
export function settledDefinitions({ files, keeper }: NetworkContext): Definitions {
  const read = files.definitions();
  if (read !== undefined) return read;
  const empty: Definitions = { version: 1, home: randomHex(4), networks: [] };
  const network = newNetwork(empty, { name: defaultNetwork }, takenAddresses(keeper, empty), freshIdentity());
  const definitions = { ...empty, networks: [network] };
  files.writeDefinitions(definitions);
  return definitions;
}

export const freshIdentity = (): { id: string; created: string } => ({
  id: newId(),
  created: new Date().toISOString(),
});

/** What slirp4netns gives its namespace. */
const slirpSubnet = parseSubnet("10.0.2.0/24") as Subnet;

/** What a network must leave alone: routes of this machine and of the bridges' namespace, other networks, nameservers. */
export function takenAddresses(
  keeper: SideKeeper,
  { networks }: Definitions,
  except?: NetworkRecord,
): TakenAddresses {
  const side = keeper.current();
  const elsewhere = side === undefined || side.proc === hostSide.proc ? [] : routedSubnets(side.proc);
  const others = networks.filter(({ id }) => id !== except?.id);
  return {
    subnets: [
      ...routedSubnets(hostSide.proc),
      ...elsewhere,
      ...(keeper.sharedLock === undefined ? [slirpSubnet] : []),
      ...others.map(({ subnet }) => parseSubnet(subnet) as Subnet),
    ],
    addresses: readResolver().nameservers.flatMap((address) => parseAddress(address) ?? []),
  };
}

/** The loopback resolver of this machine that its containers reach through their gateway, if there is need of that. */
export const gatewayResolver = ({ nameserver }: SideKeeper): string | undefined =>
  nameserver === undefined ? readResolver().loopback : undefined;

/** What the table must hold now. `without`: networks that are about to go. */
export function tableState(
  { files, keeper }: NetworkContext,
  side: Side,
  definitions: Definitions,
  without: readonly NetworkRecord[] = [],
): TableState {
  return {
    side,
    definitions,
    networks: definitions.networks.filter((network) => isUp(side, network) && !without.includes(network)),
    endpoints: files
      .endpoints()
      .endpoints.filter(({ leaving }) => leaving !== true)
      .map((endpoint) => asSeenBy(side, endpoint)),
    resolver: gatewayResolver(keeper),
  };
}

/** Behind slirp4netns everything arrives at one address, whatever it was published on. */
export const asSeenBy = (side: Side, endpoint: EndpointRecord): EndpointRecord =>
  side.prefix.length === 0
    ? endpoint
    : { ...endpoint, ports: endpoint.ports.map((port) => ({ ...port, hostAddress: "" })) };
