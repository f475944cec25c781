import type { SandboxMount } from "../../oci/runtime/sandbox.ts";
import type { Reservation } from "../network/contract.ts";
import type { ContainerDirectory } from "../state/container-directory.ts";
import type { ContainerRecord, NetworkState } from "../state/container-record.ts";

/** Where a container is connected for one life. */
export interface Place {
  /** For `ps` and `inspect`; absent for the host's network and for none. */
  readonly state?: NetworkState;
  /** Files of the container that the network keeps up to date. */
  readonly files: readonly SandboxMount[];
  readonly connect: (pid: number) => Promise<void>;
  readonly release: () => Promise<void>;
}

const nowhere: Place = { files: [], connect: () => Promise.resolve(), release: () => Promise.resolve() };

/** Takes an address and the ports of a container, before it is started. Errors of `Networks.reserve`. */
export async function takePlace(
  home: string,
  container: ContainerDirectory,
  record: ContainerRecord,
  signal: AbortSignal,
): Promise<Place> {
  const { network, id, name, hostname, ports } = record;
  if (network === "host" || network === "none") return nowhere;
  const { openNetworks } = await import("../network/open-networks.ts");
  const reservation = await openNetworks(home).reserve(
    { network, id, name, hostname, ports, directory: container.path },
    signal,
  );
  return {
    state: stateOf(reservation),
    files: [
      fileMount(reservation.hosts, "/etc/hosts"),
      fileMount(reservation.resolvConf, "/etc/resolv.conf"),
    ],
    connect: (pid) => reservation.connect({ pid }, signal),
    release: () => reservation.release(),
  };
}

const fileMount = (source: string, target: string): SandboxMount => ({
  type: "bind",
  source,
  target,
  readonly: false,
});

function stateOf(reservation: Reservation): NetworkState {
  const { networkName, networkId, endpointId, address, prefixLength, gateway, mac, ports } = reservation;
  return {
    network: networkName,
    networkId,
    endpointId,
    address,
    prefixLength,
    gateway,
    macAddress: mac,
    ports,
  };
}
