import path from "node:path";
import { isInitialNamespace } from "../../build/native/initial-namespace.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { SandboxMount } from "../../oci/runtime/sandbox.ts";
import type { Reservation } from "../network/contract.ts";
import { joiningScript } from "../network/joining-script.ts";
import { needProgram } from "../network/system/run-program.ts";
import type { InsideCommand } from "../sandbox/container-script.ts";
import { containerOfNetwork } from "../options/container-network.ts";
import { startTimeOf } from "../sandbox/processes.ts";
import type { ContainerDirectory } from "../state/container-directory.ts";
import { findContainer } from "../state/container-names.ts";
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
  /** What a shell with our network as descriptor 5 does instead of `join` and `inside`, besides `open`; undefined where it cannot. */
  readonly shell?: string | undefined;
  readonly open: () => Promise<void>;
  /** What goes on while it starts, and must be done before it counts as started. */
  readonly opening?: Promise<void>;
  /** Another container's, which is used as it is. */
  readonly networkNamespace?: string;
  readonly release: () => Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();
const nowhere: Place = {
  files: [],
  connect: nothing,
  join: nothing,
  inside: { program: "", lines: [] },
  open: nothing,
  release: nothing,
};

/** Takes an address and the ports of a container, before it is started. Errors of `Networks.reserve`. */
export async function takePlace(
  home: string,
  container: ContainerDirectory,
  record: ContainerRecord,
  signal: AbortSignal,
): Promise<Place> {
  const { network, id, name, hostname, ports, aliases, extraHosts, dns } = record;
  if (network === "host" || network === "none") return nowhere;
  const other = containerOfNetwork(network);
  if (other !== undefined) return beside(findContainer(home, other));
  const { openNetworks } = await import("../network/open-networks.ts");
  const reservation = await openNetworks(home).reserve(
    { network, id, name, hostname, ports, aliases, extraHosts, dns, directory: container.path },
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
    shell: joiningScript(reservation, container.file("network.log")),
    open: () => reservation.open(signal),
    release: () => reservation.release(),
  };
}

/** In the network of another container, with its names; only while that runs. Error `CONTAINER_NOT_RUNNING`. */
function beside(other: ContainerDirectory): Place {
  const { pid, pidStart, network } = other.state();
  if (pid === undefined || startTimeOf(pid) !== pidStart) {
    throw new TsdockError(
      "CONTAINER_NOT_RUNNING",
      `the network of a container that does not run cannot be joined: ${other.id.slice(0, 12)}`,
      { hint: `start it first: tsdock start ${other.id.slice(0, 12)}` },
    );
  }
  if (network === undefined && !isInitialNamespace()) {
    throw new TsdockError("UNSUPPORTED", "an ordinary user cannot join the network of this container", {
      hint: "join one that is on a private network, or give --network host or none to both",
    });
  }
  const directory = network === undefined ? other.file("root") : other.path;
  return {
    ...nowhere,
    networkNamespace: `/proc/${pid}/ns/net`,
    files: ["hosts", "resolv.conf"].map((name) => fileMount(path.join(directory, name), `/etc/${name}`)),
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
