import { macOf } from "./allocate-address.ts";
import type { EndpointRecord, NetworkRecord } from "./network-state.ts";
import { bridgeName, linkName } from "./network-state.ts";

const lengthOf = (subnet: string): string => subnet.slice(subnet.indexOf("/") + 1);

/** Lines for `ip -batch`: a bridge without an address, which says whose it is. */
export function newBridgeLines(network: NetworkRecord, home: string): readonly string[] {
  const bridge = bridgeName(network);
  return [
    // An address of its own: else it takes that of a member, and changes it when that one leaves.
    `link add ${bridge} address ${macOf(network.gateway)} type bridge`,
    `link set ${bridge} addrgenmode none`,
    `link set ${bridge} alias ${quote(home)}`,
  ];
}

/** The last step: an address, and with it a route by which others see that the network is up. */
export const bridgeLines = (network: NetworkRecord): readonly string[] => [
  `addr add ${network.gateway}/${lengthOf(network.subnet)} dev ${bridgeName(network)}`,
  `link set ${bridgeName(network)} up`,
];

/** The pair of interfaces, one end in the container's namespace. */
export function pairLines(
  network: NetworkRecord,
  endpoint: EndpointRecord,
  namespace: string,
): readonly string[] {
  const link = linkName(endpoint);
  return [
    `link add ${link} type veth peer name eth0 address ${endpoint.mac} netns ${namespace}`,
    `link set ${link} master ${bridgeName(network)} addrgenmode none`,
    // A container that calls its own published port: the frame goes back the way it came.
    `link set ${link} type bridge_slave hairpin on`,
    `link set ${link} up`,
  ];
}

/** Inside the container's namespace. */
export function insideLines(network: NetworkRecord, endpoint: EndpointRecord): readonly string[] {
  return [
    "link set lo up",
    `addr add ${endpoint.address}/${lengthOf(network.subnet)} dev eth0`,
    "link set eth0 addrgenmode none",
    "link set eth0 up",
    ...(network.internal ? [] : [`route add default via ${network.gateway}`]),
  ];
}

/** `ip -batch` splits at white space unless a word stands in double quotes, and knows no escapes; an alias has 255 bytes. */
const quote = (text: string): string => `"${text.replace(/["\n\r\\]/g, "?").slice(0, 200)}"`;
