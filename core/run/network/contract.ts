import type { PortMapping } from "../network-contract.ts";

/** A network namespace: that of a process, or a file that keeps one (`/run/netns/NAME`). */
export type NamespacePlace = { readonly pid: number } | { readonly path: string };

export interface ReserveOptions {
  /** Name, id, or the beginning of an id. */
  readonly network: string;
  /** The container's id, unique in this home. */
  readonly id: string;
  /** Other containers of the network resolve it, the first twelve digits of the id, and the aliases. */
  readonly name: string;
  readonly aliases?: readonly string[] | undefined;
  readonly hostname: string;
  readonly ports: readonly PortMapping[];
  /** An existing directory of the container's own. `hosts` and `resolv.conf` are written there, to be bound into it. */
  readonly directory: string;
  /** `NAME:ADDRESS`, as `--add-host`. */
  readonly extraHosts?: readonly string[] | undefined;
  /** Replace the nameservers of this machine, as `--dns`. */
  readonly dns?: readonly string[] | undefined;
}

/**
 * A place on a network that belongs to one container from now on, though nothing is connected yet: the address is taken,
 * the ports are held, the files are written. `connect` may follow as soon as the network namespace exists; the container's
 * processes must not begin before it settled.
 */
export interface Reservation {
  readonly networkId: string;
  readonly networkName: string;
  readonly endpointId: string;
  /** IPv4, without its length. */
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly mac: string;
  readonly ports: readonly PortMapping[];
  /** Absolute paths below `directory`. */
  readonly hosts: string;
  readonly resolvConf: string;
  /**
   * Makes `eth0` and `lo` of the namespace and opens the ports. Calling process: the one that lives as long as the
   * container, since it also keeps the ports (nobody else can listen there) and carries what the kernel does not redirect
   * (IPv6). When it dies the redirection stays.
   */
  connect(namespace: NamespacePlace, signal: AbortSignal): Promise<void>;
  /** The same without what `insideLines` do, for whoever has a process in the namespace that runs them. */
  join(namespace: NamespacePlace, signal: AbortSignal): Promise<void>;
  /** Lines for `ip -batch` in the namespace itself, once `join` has settled. */
  readonly insideLines: readonly string[];
  /**
   * Lines for `ip -batch` where the bridges are, for whoever has a process that runs them there: then `open` is the rest of `join`.
   * `namespace`: how that process names the container's. Undefined where only this process can.
   */
  outsideLines(namespace: string): readonly string[] | undefined;
  /** Opens the ports. */
  open(signal: AbortSignal): Promise<void>;
  /** Takes everything back. The namespace may be gone already. */
  release(): Promise<void>;
}

export type AttachOptions = ReserveOptions & { readonly netns: NamespacePlace };

/** What `network ls` and `network inspect` tell. */
export interface NetworkView {
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly driver: "bridge" | "host" | "null";
  /** `10.210.0.0/24`; absent for `host` and `none`. */
  readonly subnet?: string | undefined;
  readonly gateway?: string | undefined;
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly endpoints: readonly EndpointView[];
}

/** What networks are chosen by. */
export type LabelledNetwork = Pick<NetworkView, "created" | "labels">;

export interface EndpointView {
  readonly endpointId: string;
  readonly container: string;
  readonly name: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly mac: string;
  readonly ports: readonly PortMapping[];
}

export interface CreateNetworkOptions {
  readonly name: string;
  /** Chosen so that it collides with no route unless given. */
  readonly subnet?: string | undefined;
  readonly gateway?: string | undefined;
  /** No way to the outside. */
  readonly internal?: boolean | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** The networks of one home. Errors are those of each method; all of them also `NETWORK_UNAVAILABLE` and `NETWORK_FAILED`. */
export interface Networks {
  /** Error `NETWORK_NOT_FOUND`, `NETWORK_FULL`, `PORT_IN_USE`, `PORT_PRIVILEGED`. */
  reserve(options: ReserveOptions, signal: AbortSignal): Promise<Reservation>;
  /** `reserve` and `connect`; nothing is left where it fails. */
  attach(options: AttachOptions, signal: AbortSignal): Promise<Reservation>;
  /**
   * Removes what belongs to no container that lives: links, redirections, leases and, where no container is left, the
   * processes of rootless networks. Containers that a living process is about to start are left alone. Cheap when there
   * is nothing to do.
   */
  reclaim(liveContainers: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
  list(signal: AbortSignal): Promise<readonly NetworkView[]>;
  /** Error `NETWORK_EXISTS`, `NETWORK_INVALID`. */
  create(options: CreateNetworkOptions, signal: AbortSignal): Promise<NetworkView>;
  /** Gives its name. Error `NETWORK_NOT_FOUND`, `NETWORK_IN_USE`. */
  remove(nameOrId: string, signal: AbortSignal): Promise<string>;
  /**
   * Networks that no container uses, of those that are wanted: gives the names of those that users made. The default one loses its
   * bridge too.
   */
  prune(signal: AbortSignal, isWanted?: (network: LabelledNetwork) => boolean): Promise<readonly string[]>;
  /**
   * Programs and arguments that enter the user namespace in which the containers of an ordinary user must live, and in
   * which `reserve` is then called; none as root. What is entered is kept until this process ended or has a container.
   */
  entrance(signal: AbortSignal): Promise<readonly string[]>;
}
