import net from "node:net";
import { TsdockError } from "../../../errors/tsdock-error.ts";
import { contains, parseAddress, type Subnet } from "../plan/ipv4.ts";
import type { EndpointRecord } from "../plan/network-state.ts";

const loopback = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "ff00::0\tip6-mcastprefix",
  "ff02::1\tip6-allnodes",
  "ff02::2\tip6-allrouters",
];

type Named = Pick<EndpointRecord, "address" | "container" | "name" | "aliases" | "hostname">;

/** How a container's neighbours know it. */
const neighbourLine = ({ address, container, name, aliases }: Named): string =>
  `${address}\t${[...new Set([name, container.slice(0, 12), ...aliases])].join(" ")}`;

/** How it knows itself: its host name first, since that is what an address is looked up as. */
const ownLine = ({ address, container, name, aliases, hostname }: Named): string =>
  `${address}\t${[...new Set([hostname, name, container.slice(0, 12), ...aliases])].join(" ")}`;

const join = (lines: readonly string[]): string => `${lines.join("\n")}\n`;

/** `/etc/hosts` of a container that is on no network of ours: `extra` are lines. */
export const plainHosts = (hostname: string, extra: readonly string[]): string =>
  join([...loopback, ...extra, `127.0.1.1\t${hostname}`]);

/** `/etc/hosts` of a container before it has neighbours. */
export const firstHosts = (own: Named, extra: readonly string[]): string =>
  join([...loopback, ...extra, ownLine(own)]);

/**
 * A container's hosts with exactly these neighbours; what the container itself wrote there stays. Addresses of the
 * network's subnet are ours. New neighbours come last, so that a reader meanwhile sees all the others.
 */
export function withNeighbours(
  text: string,
  own: Named,
  neighbours: readonly Named[],
  subnet: Subnet,
): string {
  const wanted = neighbours.filter(({ address }) => address !== own.address).map(neighbourLine);
  const lines = text.split("\n").filter((line) => line !== "");
  const kept = lines.filter((line) => {
    const address = parseAddress(line.split(/\s/)[0] ?? "");
    const isOurs = address !== undefined && contains(subnet, address);
    return !isOurs || line.startsWith(`${own.address}\t`) || wanted.includes(line);
  });
  return join([...kept, ...wanted.filter((line) => !kept.includes(line))]);
}

/**
 * `NAME:ADDRESS` of `--add-host` as a line. `host-gateway` stands for `gateway`. Error `HOST_INVALID`.
 */
export function extraHostLine(text: string, gateway: string | undefined): string {
  const at = text.search(/[:=]/);
  const name = text.slice(0, Math.max(at, 0));
  const given = text.slice(at + 1).replace(/^\[|\]$/g, "");
  const address = given === "host-gateway" ? (gateway ?? "127.0.0.1") : given;
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name) && net.isIP(address) !== 0)
    return `${address}\t${name}`;
  throw new TsdockError("HOST_INVALID", `${JSON.stringify(text)} is not NAME:ADDRESS`, {
    hint: "write --add-host db:10.0.0.5, or --add-host host:host-gateway for this machine",
  });
}
