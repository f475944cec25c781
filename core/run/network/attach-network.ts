import fs from "node:fs";
import path from "node:path";
import type { AttachNetwork, NetworkAttachment } from "../network-contract.ts";
import { containersDirectory } from "../state/container-directory.ts";
import { openNetworks } from "./open-networks.ts";

/** `AttachNetwork`, with what only real networks know. */
export interface LiveAttachment extends NetworkAttachment {
  /**
   * Absolute paths of the files with those texts. They are kept up to date as neighbours come and go: bind them into the
   * container instead of writing copies.
   */
  readonly hostsFile: string;
  readonly resolvConfFile: string;
  readonly networkId: string;
  readonly endpointId: string;
}

/** Connects a container whose directory, `containers/ID`, exists. */
export async function attachNetwork(request: Parameters<AttachNetwork>[0]): Promise<LiveAttachment> {
  const { home, network, containerId, name, hostname, pid, ports, signal } = request;
  const reservation = await openNetworks(home).attach(
    {
      network,
      id: containerId,
      name,
      hostname,
      ports,
      directory: path.join(containersDirectory(home), containerId),
      netns: { pid },
    },
    signal,
  );
  const { address, prefixLength, gateway, mac, networkId, endpointId } = reservation;
  return {
    address,
    prefixLength,
    gateway,
    macAddress: mac,
    networkId,
    endpointId,
    ports: reservation.ports,
    hosts: fs.readFileSync(reservation.hosts, "utf8"),
    resolvConf: fs.readFileSync(reservation.resolvConf, "utf8"),
    hostsFile: reservation.hosts,
    resolvConfFile: reservation.resolvConf,
    release: () => reservation.release(),
  };
}

/** Removes what supervisors that were killed left of containers that are not among `live` (their ids). Cheap where nothing is left. */
export const reclaimNetworks = (
  home: string,
  live: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> => openNetworks(home).reclaim(live, signal);
