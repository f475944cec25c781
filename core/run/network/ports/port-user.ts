import fs from "node:fs";
import type { PortMapping } from "../../network-contract.ts";

/** Who has a port of this machine, as far as this user may see. */
export interface PortUser {
  readonly pid: number;
  /** Name of the process. */
  readonly command: string;
}

const listening = "0A";

/** The process that listens on a port; undefined where none does, or where it belongs to somebody else. proc(5), net/tcp. */
export function findPortUser(protocol: PortMapping["protocol"], port: number): PortUser | undefined {
  const inodes = new Set(["", "6"].flatMap((version) => inodesOf(`/proc/net/${protocol}${version}`, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (hasSocket(pid, inodes)) return { pid: Number(pid), command: commandOf(pid) };
  }
  return undefined;
}

function inodesOf(file: string, port: number): readonly string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return (readIfAllowed(() => fs.readFileSync(file, "latin1")) ?? "")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, local = "", , state]) => local.endsWith(`:${hex}`) && (file.includes("udp") || state === listening),
    )
    .map((fields) => fields[9] ?? "");
}

function hasSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  const descriptors = readIfAllowed(() => fs.readdirSync(`/proc/${pid}/fd`)) ?? [];
  return descriptors.some((descriptor) => {
    const target = readIfAllowed(() => fs.readlinkSync(`/proc/${pid}/fd/${descriptor}`)) ?? "";
    return inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "none");
  });
}

const commandOf = (pid: string): string =>
  (readIfAllowed(() => fs.readFileSync(`/proc/${pid}/comm`, "utf8")) ?? "?").trim();

/** Processes end while they are looked at, and those of others may not be looked into. */
function readIfAllowed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return undefined;
    throw error;
  }
}
