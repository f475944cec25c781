import fs from "node:fs";
import type { NamespacePlace } from "../contract.ts";
import { mustRun, needProgram } from "./run-program.ts";

/** The network namespace that has the bridges: this machine's own as root, the holder's of an ordinary user. */
export interface Side {
  /** Starts programs in that namespace. */
  readonly prefix: readonly string[];
  /** Starts programs in the user namespace that owns it: to enter the containers' namespaces. */
  readonly userPrefix: readonly string[];
  /** Its directory below /proc: `/proc/self/net`. */
  readonly proc: string;
}

export const hostSide: Side = { prefix: [], userPrefix: [], proc: "/proc/self/net" };

const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;

/** Runs lines of `ip -batch` where the bridges are. */
export const runIp = (side: Side, lines: readonly string[], signal: AbortSignal): Promise<string> =>
  mustRun([...side.prefix, needProgram("ip"), "-batch", "-"], text(lines), signal);

/** Runs lines of `ip -batch` in a container's namespace. */
export const runIpInside = (
  side: Side,
  namespace: NamespacePlace,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<string> => {
  const enter = side.userPrefix.length === 0 ? [needProgram("nsenter")] : side.userPrefix;
  return mustRun(
    [...enter, `--net=${namespacePath(namespace)}`, "--", needProgram("ip"), "-batch", "-"],
    text(lines),
    signal,
  );
};

/** Runs one transaction of nft where the bridges are. */
export const runNft = (side: Side, lines: readonly string[], signal: AbortSignal): Promise<string> =>
  mustRun([...side.prefix, needProgram("nft"), "-f", "-"], text(lines), signal);

export const namespacePath = (place: NamespacePlace): string =>
  "pid" in place ? `/proc/${place.pid}/ns/net` : place.path;

/** Sets a value below /proc/sys, `net/ipv4/…`, of the namespace that has the bridges. */
export async function writeSysctl(
  side: Side,
  name: string,
  value: string,
  signal: AbortSignal,
): Promise<void> {
  if (side.prefix.length === 0) fs.writeFileSync(`/proc/sys/${name}`, value);
  else await mustRun([...side.prefix, "/bin/sh", "-c", `echo ${value} >/proc/sys/${name}`], "", signal);
}
