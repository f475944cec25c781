import type { PortHolder } from "./ports/claim-ports.ts";
import { holdPort } from "./ports/hold-port.ts";
import type { EndpointRecord } from "./plan/network-state.ts";
import { hostSide, type Side } from "./system/side.ts";

/** Gives the namespace with the bridges, and what differs between root's and an ordinary user's. Called under the lock. */
export interface SideKeeper {
  /** The namespace where it exists; made by `open` only. */
  current(): Side | undefined;
  open(signal: AbortSignal): Promise<Side>;
  /** Nobody needs it any more. */
  close(signal: AbortSignal): Promise<void>;
  readonly hold: PortHolder;
  /** Gives back ports whose holder is not this process. */
  dropPorts(endpoint: EndpointRecord, signal: AbortSignal): Promise<void>;
  /** Nameserver that stands for those of this machine; absent where they are asked themselves. */
  readonly nameserver?: string | undefined;
  /** Guards what all homes of this machine share; absent where there is nothing. */
  readonly sharedLock?: string | undefined;
}

const sharedDirectory = "/run/tsdock";

/** As root everything is in this machine's own network namespace, which ends with nobody. */
export const hostKeeper: SideKeeper = {
  current: () => hostSide,
  open: () => Promise.resolve(hostSide),
  close: () => Promise.resolve(),
  hold: holdPort,
  // Sockets went with the process that held them.
  dropPorts: () => Promise.resolve(),
  sharedLock: `${sharedDirectory}/networks`,
};
