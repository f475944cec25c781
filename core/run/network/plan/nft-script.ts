import type { PortMapping } from "../../network-contract.ts";
import {
  bridgeName,
  type Definitions,
  type EndpointRecord,
  type NetworkRecord,
  tableName,
} from "./network-state.ts";

/*
 * One table per home. Its rules never change: networks and ports are elements of its sets and maps, so that adding and
 * removing them is exact, atomic and independent of what else is there.
 */

const structure = [
  "set bridges { type ifname; }",
  "set internal { type ifname; }",
  "set subnets { type ipv4_addr; flags interval; }",
  "map siblings { type ifname . ifname : verdict; }",
  "map resolvers { type ipv4_addr : ipv4_addr; }",
  "map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }",
  "map bound { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }",
] as const;

const chains: Readonly<Record<string, { readonly hook: string; readonly rules: readonly string[] }>> = {
  published: {
    hook: "",
    rules: [
      "dnat ip to ip daddr . meta l4proto . th dport map @bound",
      "dnat ip to meta l4proto . th dport map @ports",
    ],
  },
  prerouting: {
    hook: "type nat hook prerouting priority dstnat; policy accept;",
    rules: [
      // The resolver of this machine, where it listens on loopback only.
      "iifname @bridges meta l4proto { tcp, udp } th dport 53 dnat ip to ip daddr map @resolvers",
      "fib daddr type local jump published",
    ],
  },
  output: {
    hook: "type nat hook output priority -100; policy accept;",
    rules: ["fib daddr type local jump published"],
  },
  postrouting: {
    hook: "type nat hook postrouting priority srcnat; policy accept;",
    rules: [
      "ip saddr @subnets oifname != @bridges masquerade",
      // Through a published port to a neighbour: its answer must come back this way.
      "ip saddr @subnets ip daddr @subnets ct status dnat masquerade",
      "ip saddr 127.0.0.0/8 oifname @bridges masquerade",
    ],
  },
  forward: {
    hook: "type filter hook forward priority filter; policy accept;",
    rules: [
      "ct state established,related accept",
      "ct status dnat accept",
      "iifname . oifname vmap @siblings",
      "oifname @bridges drop",
      "iifname @internal drop",
    ],
  },
  // What is bound to loopback on this machine stays there, though bridges may route to it.
  raw: {
    hook: "type filter hook prerouting priority raw; policy accept;",
    rules: ["iifname @bridges ip daddr 127.0.0.0/8 drop"],
  },
};

/** Makes the table, or puts its rules right where it is there. Elements stay. */
function tableLines(table: string): readonly string[] {
  const inTable = Object.entries(chains);
  return [
    `add table ip ${table}`,
    ...structure.map((line) => `add ${line.replace(" ", ` ip ${table} `)}`),
    ...inTable.map(([name, { hook }]) => `add chain ip ${table} ${name}${hook === "" ? "" : ` { ${hook} }`}`),
    ...inTable.map(([name]) => `flush chain ip ${table} ${name}`),
    ...inTable.flatMap(([name, { rules }]) => rules.map((rule) => `add rule ip ${table} ${name} ${rule}`)),
  ];
}

/** Elements that a network needs. `resolver`: the loopback address that its containers' nameserver stands for. */
function networkElements(
  network: NetworkRecord,
  resolver: string | undefined,
): readonly (readonly [string, string])[] {
  const bridge = `"${bridgeName(network)}"`;
  return [
    ["bridges", bridge],
    ["subnets", network.subnet],
    ["siblings", `${bridge} . ${bridge} : accept`],
    ...(network.internal ? [["internal", bridge] as const] : []),
    ...(resolver === undefined ? [] : [["resolvers", `${network.gateway} : ${resolver}`] as const]),
  ];
}

const portKey = ({ hostAddress, hostPort, protocol }: PortMapping): readonly [string, string] =>
  hostAddress === ""
    ? ["ports", `${protocol} . ${hostPort}`]
    : ["bound", `${hostAddress} . ${protocol} . ${hostPort}`];

/** Ports of IPv6 addresses are carried by a process, never by the kernel. */
export const isRedirected = ({ hostAddress }: PortMapping): boolean => !hostAddress.includes(":");

function portElements({ address, ports }: EndpointRecord): readonly (readonly [string, string])[] {
  return ports.filter(isRedirected).map((port) => {
    const [map, key] = portKey(port);
    return [map, `${key} : ${address} . ${port.containerPort}`];
  });
}

/** One command for all elements of each set. */
function elementLines(
  verb: "add" | "delete",
  table: string,
  elements: readonly (readonly [string, string])[],
): readonly string[] {
  const sets = new Set(elements.map(([set]) => set));
  return [...sets].map((set) => {
    const members = elements.filter(([name]) => name === set).map(([, element]) => element);
    return `${verb} element ip ${table} ${set} { ${members.join(", ")} }`;
  });
}

/** Makes room for a network in the table. May be repeated. */
export function networkUpScript(
  definitions: Definitions,
  network: NetworkRecord,
  resolver?: string,
): readonly string[] {
  const table = tableName(definitions);
  return [...tableLines(table), ...elementLines("add", table, networkElements(network, resolver))];
}

/** The whole table as the state has it, in place of whatever is there. */
export function wholeTableScript(
  definitions: Definitions,
  networks: readonly NetworkRecord[],
  endpoints: readonly EndpointRecord[],
  resolver?: string,
): readonly string[] {
  const table = tableName(definitions);
  const elements = [
    ...networks.flatMap((network) => networkElements(network, resolver)),
    ...endpoints.flatMap(portElements),
  ];
  return [
    `add table ip ${table}`,
    `delete table ip ${table}`,
    ...tableLines(table),
    ...elementLines("add", table, elements),
  ];
}

/** Removes the table with all that is in it; nothing there is no error. */
export const dropTableScript = (definitions: Definitions): readonly string[] => [
  `add table ip ${tableName(definitions)}`,
  `delete table ip ${tableName(definitions)}`,
];

export const addPortsScript = (definitions: Definitions, endpoint: EndpointRecord): readonly string[] =>
  elementLines("add", tableName(definitions), portElements(endpoint));

export const deletePortsScript = (definitions: Definitions, endpoint: EndpointRecord): readonly string[] =>
  elementLines(
    "delete",
    tableName(definitions),
    endpoint.ports.filter(isRedirected).map((port) => portKey(port)),
  );
