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
