import fs from "node:fs";
import path from "node:path";
import { parseSubnet, type Subnet } from "../plan/ipv4.ts";
import type { EndpointRecord, NetworkRecord } from "../plan/network-state.ts";
import { extraHostLine, firstHosts, plainHosts, withNeighbours } from "./hosts-file.ts";
import { systemResolvConf } from "./resolv-conf.ts";

export const hostsFile = (directory: string): string => path.join(directory, "hosts");
export const resolvFile = (directory: string): string => path.join(directory, "resolv.conf");

/** The files of a container's own, with itself in them. `extra`: lines of hosts. */
export function writeContainerFiles(
  endpoint: EndpointRecord,
  extra: readonly string[],
  resolvConf: string,
): void {
  writeInPlace(hostsFile(endpoint.directory), firstHosts(endpoint, extra));
  writeInPlace(resolvFile(endpoint.directory), resolvConf);
}

export interface UnconnectedOptions {
  readonly directory: string;
  readonly hostname: string;
  readonly network: "host" | "none";
  /** `NAME:ADDRESS` */
  readonly extraHosts?: readonly string[] | undefined;
}

/** The same files for a container that shares this machine's network, or has none. Gives their paths. Error `HOST_INVALID`. */
export function writeUnconnectedFiles({
  directory,
  hostname,
  network,
  extraHosts = [],
}: UnconnectedOptions): {
  readonly hosts: string;
  readonly resolvConf: string;
} {
  const extra = extraHosts.map((text) => extraHostLine(text, undefined));
  writeInPlace(hostsFile(directory), plainHosts(hostname, extra));
  writeInPlace(resolvFile(directory), network === "host" ? systemResolvConf() : "");
  return { hosts: hostsFile(directory), resolvConf: resolvFile(directory) };
}

/** Tells all containers of a network who is on it. Called under the lock only. */
export function tellNeighbours(network: NetworkRecord, endpoints: readonly EndpointRecord[]): void {
  const subnet = parseSubnet(network.subnet) as Subnet;
  const members = endpoints.filter((endpoint) => endpoint.network === network.id);
  const present = members.filter(({ leaving }) => leaving !== true);
  for (const endpoint of present) {
    const file = hostsFile(endpoint.directory);
    const text = readHosts(file);
    if (text === undefined) continue;
    const wanted = withNeighbours(text, endpoint, present, subnet);
    if (wanted !== text) writeInPlace(file, wanted);
  }
}

/** The container may have written anything there; a file of this size is no longer hosts. */
const largestHosts = 1 << 20;

/** Undefined where it is gone with its container, or no longer what we made. */
function readHosts(file: string): string | undefined {
  try {
    const { size } = fs.statSync(file);
    return size > largestHosts ? undefined : fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The file is bound into a container, so it must stay the same file: new bytes first, then the new length. */
function writeInPlace(file: string, text: string): void {
  const descriptor = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_CREAT, 0o644);
  try {
    const bytes = Buffer.from(text);
    fs.writeSync(descriptor, bytes, 0, bytes.length, 0);
    fs.ftruncateSync(descriptor, bytes.length);
  } finally {
    fs.closeSync(descriptor);
  }
}
