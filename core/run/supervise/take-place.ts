import type { SandboxMount } from "../../oci/runtime/sandbox.ts";
import type { Reservation } from "../network/contract.ts";
import type { InsideCommand } from "../sandbox/container-script.ts";
import type { ContainerDirectory } from "../state/container-directory.ts";
import type { ContainerRecord, NetworkState } from "../state/container-record.ts";

/** Where a container is connected for one life. */
export interface Place {
  /** For `ps` and `inspect`; absent for the host's network and for none. */
  readonly state?: NetworkState;
  /** Files of the container that the network keeps up to date. */
  readonly files: readonly SandboxMount[];
  readonly connect: (pid: number) => Promise<void>;
  /** The same in two parts: what is done here, and what the container's sandbox does once that is done. */
  readonly join: (pid: number) => Promise<void>;
  readonly inside: InsideCommand;
  readonly release: () => Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();
const nowhere: Place = {
  files: [],
  connect: nothing,
  join: nothing,
  inside: { program: "", lines: [] },
  release: nothing,
};

/** Takes an address and the ports of a container, before it is started. Errors of `Networks.reserve`. */
export async function takePlace(
  home: string,
  container: ContainerDirectory,
  record: ContainerRecord,
  signal: AbortSignal,
): Promise<Place> {
  const { network, id, name, hostname, ports } = record;
  if (network === "host" || network === "none") return nowhere;
  const [{ openNetworks }, { needProgram }] = await Promise.all([
    import("../network/open-networks.ts"),
    import("../network/system/run-program.ts"),
  ]);
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
    join: (pid) => reservation.join({ pid }, signal),
    inside: { program: needProgram("ip"), lines: reservation.insideLines },
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
