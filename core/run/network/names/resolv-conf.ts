import fs from "node:fs";
import { parseAddress } from "../plan/ipv4.ts";

/** `/etc/resolv.conf` as far as containers take it over: resolv.conf(5). */
export interface ResolverSettings {
  /** IPv4, or what has a colon and must be IPv6, which Node takes milliseconds to check and containers have not. */
  readonly nameservers: readonly string[];
  /** `search`, `domain`, `options` lines as they were. */
  readonly rest: readonly string[];
}

const systemFile = "/etc/resolv.conf";
/** What systemd-resolved asks; the other file has its address on loopback. */
const upstreamFile = "/run/systemd/resolve/resolv.conf";

export function parseResolvConf(text: string): ResolverSettings {
  const lines = text.split("\n").map((line) => line.replace(/[#;].*/, "").trim());
  return {
    nameservers: lines
      .map((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? "")
      .filter((address) => parseAddress(address) !== undefined || address.includes(":")),
    rest: lines.filter((line) => /^(?:search|domain|options)\s/.test(line)),
  };
}

export const formatResolvConf = ({ nameservers, rest }: ResolverSettings): string =>
  [...nameservers.map((address) => `nameserver ${address}`), ...rest].map((line) => `${line}\n`).join("");

const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";
/** A container has no IPv6 but its own loopback. */
const isReachable = (address: string): boolean => !isLoopback(address) && !address.includes(":");

export interface ResolverPlan extends ResolverSettings {
  /** The resolver of this machine that listens on loopback only and has to be brought to the containers; mostly absent. */
  readonly loopback: string | undefined;
}

/**
 * What containers on a bridge ask. Nameservers on loopback mean the container itself there: systemd-resolved says whom it
 * asks; any other is asked through the network's gateway.
 */
export function planResolver(system: ResolverSettings, upstream: ResolverSettings | undefined): ResolverPlan {
  const known = system.nameservers.filter(isReachable);
  if (known.length > 0) return { nameservers: known, rest: system.rest, loopback: undefined };
  const behind = (upstream?.nameservers ?? []).filter(isReachable);
  if (behind.length > 0) return { nameservers: behind, rest: system.rest, loopback: undefined };
  const loopback = system.nameservers.find((address) => parseAddress(address) !== undefined);
  // No nameserver at all means the one on this machine: resolv.conf(5).
  return { nameservers: [], rest: system.rest, loopback: loopback ?? "127.0.0.1" };
}

/** The settings of this machine; empty where it has none. */
export function readResolver(): ResolverPlan {
  const upstream = readIfThere(upstreamFile);
  return planResolver(
    parseResolvConf(readIfThere(systemFile) ?? ""),
    upstream === undefined ? undefined : parseResolvConf(upstream),
  );
}

/** The text for a container that shares this machine's network. */
export const systemResolvConf = (): string => readIfThere(systemFile) ?? "";

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
