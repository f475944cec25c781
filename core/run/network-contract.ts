/** One `-p`: `hostPort` 0 asks for any free one. */
export interface PortMapping {
  /** Address of this machine; empty for all. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp";
}

/** A mapping as it was made: `hostPort` is never 0. */
export type PublishedPort = PortMapping;

export interface AttachRequest {
  /** The store's directory. State of networks is below it; containers are in `containers/ID` (`state/container-directory.ts`). */
  readonly home: string;
  /** `bridge` or the name of a network. */
  readonly network: string;
  /** 64 hexadecimal digits. */
  readonly containerId: string;
  /** Resolvable on a network that has a name of its own. */
  readonly name: string;
  readonly hostname: string;
  /** A process of this machine in the container's network namespace, in which nothing is configured yet. */
  readonly pid: number;
  readonly ports: readonly PortMapping[];
  /** Whether this process is root of a user namespace only. All containers of a user and a store share one. */
  readonly rootless: boolean;
  readonly signal: AbortSignal;
}

export interface NetworkAttachment {
  /** IPv4. */
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly macAddress: string;
  readonly ports: readonly PublishedPort[];
  /** Texts of the container's `/etc/resolv.conf` and `/etc/hosts`. */
  readonly resolvConf: string;
  readonly hosts: string;
  /** Gives address, ports and rules back. Called when the container's processes are gone. */
  release(): Promise<void>;
}

/**
 * Connects a container that is about to start. Called by its supervisor, which lives as long as the container: forwarding
 * by a process of our own may live in it. What a supervisor that was killed leaves is found and removed by the next call
 * or by `reclaimNetworks`. Error: port in use (says by what), no such network.
 *
 * @public
 */
export type AttachNetwork = (request: AttachRequest) => Promise<NetworkAttachment>;
