import { isIP } from "node:net";
import os from "node:os";
import { TsdockError } from "../errors/tsdock-error.ts";
import { extraHostLine } from "../run/network/names/hosts-file.ts";
import { canConnect } from "../run/network/rootless/can-connect.ts";
import { containerOfNetwork, networkOfContainer } from "../run/options/container-network.ts";
import { findContainer } from "../run/state/container-names.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import type { RunRequest } from "./run-request.ts";

export interface DraftNetwork {
  readonly network: string;
  readonly aliases: readonly string[];
  readonly extraHosts: readonly string[];
  readonly dns: readonly string[];
  readonly hostname: string | undefined;
}

/** A network of its own, but for users who cannot have one. */
const defaultNetwork = (): string => (process.geteuid?.() === 0 || canConnect() ? "bridge" : "host");

/** The network and the host name that were asked for. Errors `USAGE`, `CONTAINER_NOT_FOUND`. */
export function draftNetwork(request: RunRequest, host: Host): DraftNetwork {
  const { network = defaultNetwork(), networkAliases: aliases, extraHosts, dns } = request;
  // As docker: an empty one is none.
  const hostname = request.hostname === "" ? undefined : request.hostname;
  for (const text of extraHosts) extraHostLine(text, undefined);
  for (const address of dns) checkAddress(address);
  for (const alias of aliases) checkHostname(alias, "network-alias");
  const names = { aliases, extraHosts, dns };
  const other = containerOfNetwork(network);
  if (hostname !== undefined) checkHostname(hostname, "hostname");
  if (other === undefined) {
    warnOfPorts(network, request, host);
    if (aliases.length > 0 && (network === "host" || network === "none"))
      throw conflictOf("--network-alias", network);
    return { network, hostname: hostname ?? machineName(network), ...names };
  }
  const given: Readonly<Record<string, boolean>> = {
    "--hostname": hostname !== undefined,
    "--network-alias": aliases.length > 0,
    "--add-host": extraHosts.length > 0,
    "--dns": dns.length > 0,
  };
  const conflict = Object.keys(given).find((option) => given[option]) ?? publishing(request);
  if (conflict !== undefined) throw conflictOf(conflict, network);
  const found = findContainer(storeDirectory(host), other);
  return { network: networkOfContainer(found.id), hostname: found.record()?.hostname, ...names };
}

/** Programs that share this machine's network are on this machine for others. */
const machineName = (network: string): string | undefined =>
  network === "host" ? os.hostname().slice(0, 64) : undefined;

const conflictOf = (option: string, network: string): TsdockError =>
  new TsdockError("USAGE", `${option} and --network ${network} exclude one another`, {
    hint: network.includes(":")
      ? `give ${option} to the container whose network it is`
      : `leave out ${option}, or name another network`,
  });

function checkAddress(text: string): void {
  if (isIP(text) !== 0) return;
  throw new TsdockError("USAGE", `--dns ${text} is no address`, { hint: "write --dns 9.9.9.9" });
}

/** hostname(7), and 64 bytes as the kernel has it: what is in it is written to the hosts of others. Error `USAGE`. */
function checkHostname(text: string, option: string): void {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?$/.test(text)) return;
  throw new TsdockError("USAGE", `--${option} ${JSON.stringify(text)} is no name of a machine`, {
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
