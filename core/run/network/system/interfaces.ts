import fs from "node:fs";
import { parseSubnet, type Subnet } from "../plan/ipv4.ts";

/** Interfaces of a network namespace, from its directory below /proc: /sys shows those of the namespace it was mounted in. */
export function interfaceNames(proc: string): readonly string[] {
  return fs
    .readFileSync(`${proc}/dev`, "latin1")
    .split("\n")
    .slice(2)
    .map((line) => line.slice(0, Math.max(line.indexOf(":"), 0)).trim())
    .filter((name) => name !== "");
}

/** Interfaces that have an IPv4 route, which a bridge gets with its address once it is up. */
export function routedInterfaces(proc: string): ReadonlySet<string> {
  const lines = fs.readFileSync(`${proc}/route`, "latin1").split("\n").slice(1);
  return new Set(lines.map((line) => line.split("\t")[0] ?? ""));
}

const leafLine = /\|-- (\S+)/;
const prefixLine = /^\s+\/(\d+) \S+ (?:UNICAST|LOCAL|BLACKHOLE|UNREACHABLE|PROHIBIT)/;

/**
 * Destinations of the IPv4 routes of a namespace in all of its tables, but for default routes and loopback.
 * `/proc/net/fib_trie` has every table; its leaves are addresses, each followed by its prefixes.
 */
export function routedSubnets(proc: string): readonly Subnet[] {
  const routes: Subnet[] = [];
  let leaf = "";
  for (const line of fs.readFileSync(`${proc}/fib_trie`, "latin1").split("\n")) {
    leaf = leafLine.exec(line)?.[1] ?? leaf;
    const length = prefixLine.exec(line)?.[1];
    const subnet = length === undefined || length === "0" ? undefined : parseSubnet(`${leaf}/${length}`);
    if (subnet !== undefined && subnet.first >>> 24 !== 127) routes.push(subnet);
  }
  return routes;
}
