import { TsdockError } from "../errors/tsdock-error.ts";
import { canConnect } from "../run/network/rootless/can-connect.ts";
import { containerOfNetwork, networkOfContainer } from "../run/options/container-network.ts";
import { findContainer } from "../run/state/container-names.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import type { RunRequest } from "./run-request.ts";

export interface DraftNetwork {
  readonly network: string;
  readonly hostname: string | undefined;
}

/** A network of its own, but for users who cannot have one. */
const defaultNetwork = (): string => (process.geteuid?.() === 0 || canConnect() ? "bridge" : "host");

/** The network and the host name that were asked for. Errors `USAGE`, `CONTAINER_NOT_FOUND`. */
export function draftNetwork(request: RunRequest, host: Host): DraftNetwork {
  const { network = defaultNetwork(), hostname } = request;
  const other = containerOfNetwork(network);
  if (hostname !== undefined) checkHostname(hostname);
  if (other === undefined) {
    warnOfPorts(network, request, host);
    return { network, hostname };
  }
  const conflict = hostname === undefined ? publishing(request) : "--hostname";
  if (conflict !== undefined) {
    throw new TsdockError("USAGE", `${conflict} and --network ${network} exclude one another`, {
      hint: `give ${conflict} to the container whose network it is`,
    });
  }
  const found = findContainer(storeDirectory(host), other);
  return { network: networkOfContainer(found.id), hostname: found.record()?.hostname };
}

/** hostname(7), and 64 bytes as the kernel has it: what is in it is written to the hosts of others. Error `USAGE`. */
function checkHostname(text: string): void {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?$/.test(text)) return;
  throw new TsdockError("USAGE", `--hostname ${JSON.stringify(text)} is no name of a machine`, {
    hint: "write up to 64 letters, digits, -, _ and ., beginning and ending with a letter or digit",
  });
}

const publishing = ({ publish, publishAll }: RunRequest): string | undefined =>
  publish.length > 0 ? "-p" : publishAll ? "-P" : undefined;

/** As docker: they are discarded, and that is said. */
function warnOfPorts(network: string, request: RunRequest, { emit }: Host): void {
  const option = publishing(request);
  if (option === undefined || (network !== "host" && network !== "none")) return;
  const message = `${option} has no effect: with --network ${network} no ports are published`;
  emit({ type: "warning", code: "PORTS_DISCARDED", message });
}
