import type { PortMapping } from "../../network-contract.ts";

/** A network as it was defined. */
export interface NetworkRecord {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly subnet: string;
  readonly gateway: string;
  /** Nobody asked for this subnet: another is chosen when it collides with a route. */
  readonly automatic: boolean;
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** `networks.json`: survives everything. */
export interface Definitions {
  readonly version: 1;
  /** Random, eight hexadecimal digits: names what this home has in the kernel. */
  readonly home: string;
  readonly networks: readonly NetworkRecord[];
}

/** A container's place on a network. */
export interface EndpointRecord {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Id of the network. */
  readonly network: string;
  readonly container: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly hostname: string;
  readonly address: string;
  readonly mac: string;
  readonly ports: readonly PortMapping[];
  /** Directory of `hosts` and `resolv.conf`. */
  readonly directory: string;
  /** The process that made it: see `processOwner`. While it lives the container may be about to start. */
  readonly owner: string;
  /** It is being taken back: nothing of it may be made again. */
  readonly leaving?: boolean | undefined;
}

/** The process that keeps the namespaces of a rootless home, and the one that connects them to the outside. */
export interface HolderRecord {
  /** See `processOwner`. */
  readonly holder: string;
  readonly slirp: string;
  /** Absolute path of slirp4netns' API socket. */
  readonly socket: string;
}

/** `endpoints.json`: means nothing after a reboot. */
export interface Endpoints {
  readonly version: 1;
  /** Id of the boot. */
  readonly boot: string;
  readonly endpoints: readonly EndpointRecord[];
  /** The address that was given last, by network. */
  readonly last: Readonly<Record<string, string>>;
  readonly holder?: HolderRecord | undefined;
  /** Processes that have entered the holder's user namespace, or are about to, besides the owners of endpoints. */
  readonly guests?: readonly string[] | undefined;
}

/** Interface names have at most 15 characters. */
export const bridgeName = (network: Pick<NetworkRecord, "id">): string => `tsd-${network.id.slice(0, 11)}`;
export const linkName = (endpoint: Pick<EndpointRecord, "id">): string => `tsv${endpoint.id.slice(0, 12)}`;
export const tableName = (definitions: Pick<Definitions, "home">): string => `tsdock-${definitions.home}`;

/** The network that containers are on unless they say otherwise. */
export const defaultNetwork = "bridge";
