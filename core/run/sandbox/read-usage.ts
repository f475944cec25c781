import fs from "node:fs";
import path from "node:path";
import { cgroupDirectories } from "./cgroup.ts";
import { usageOfProcesses } from "./usage-of-processes.ts";

/** What a container has used so far, or uses now. */
export interface ContainerUsage {
  /** Nanoseconds of processor time. */
  readonly cpu: number;
  /** Bytes, without what the kernel may drop from its cache. */
  readonly memory: number;
  /** Bytes; absent where there is none. */
  readonly memoryLimit?: number;
  readonly pids: number;
  /** Bytes. */
  readonly received: number;
  readonly sent: number;
  readonly read: number;
  readonly written: number;
}

/** From its cgroups, or where it has none, as without root, from its processes; and from its network's counters. */
export function readUsage(id: string, pid: number, root?: string): ContainerUsage {
  const { unified, cpuacct, memory, pids, blkio } = cgroupDirectories(id, root);
  const network = readNetwork(pid);
  if (unified !== undefined) {
    const cpu = fieldOf(text(unified, "cpu.stat"), "usage_usec");
    if (cpu === undefined) return { ...network, ...usageOfProcesses(pid) };
    const inactive = fieldOf(text(unified, "memory.stat"), "inactive_file") ?? 0;
    return {
      ...network,
      cpu: cpu * 1000,
      ...memoryOf(numberOf(text(unified, "memory.current")), inactive, text(unified, "memory.max")),
      pids: numberOf(text(unified, "pids.current")) - threadsOutside(unified, pid),
      read: sumOf(text(unified, "io.stat"), /rbytes=(\d+)/g),
      written: sumOf(text(unified, "io.stat"), /wbytes=(\d+)/g),
    };
  }
  if (cpuacct === undefined || memory === undefined || !fs.existsSync(cpuacct))
    return { ...network, ...usageOfProcesses(pid) };
  const inactive = fieldOf(text(memory, "memory.stat"), "total_inactive_file") ?? 0;
  const io = text(blkio ?? "", "blkio.throttle.io_service_bytes");
  return {
    ...network,
    cpu: numberOf(text(cpuacct, "cpuacct.usage")),
    ...memoryOf(
      numberOf(text(memory, "memory.usage_in_bytes")),
      inactive,
      text(memory, "memory.limit_in_bytes"),
    ),
    pids: numberOf(text(pids ?? "", "pids.current")) - threadsOutside(pids ?? "", pid),
    read: sumOf(io, / Read (\d+)/g),
    written: sumOf(io, / Write (\d+)/g),
  };
}

/** Of runtimes, which wait in a container's cgroup and not in its pid namespace (proc(5), /proc/pid/status, NSpid). */
function threadsOutside(cgroup: string, pid: number): number {
  const statusOf = (one: number | string): string => text(`/proc/${one}`, "status");
  const depthOf = (status: string): number =>
    /^NSpid:(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/).length ?? 0;
  const own = depthOf(statusOf(pid));
  return text(cgroup, "cgroup.procs")
    .split("\n")
    .filter((line) => line !== "")
    .map(statusOf)
    .filter((status) => depthOf(status) < own)
    .reduce((sum, status) => sum + Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0), 0);
}

/** A limit of `max`, or one that no machine has, is none. */
function memoryOf(
  used: number,
  inactive: number,
  limit: string,
): Pick<ContainerUsage, "memory" | "memoryLimit"> {
  const most = Number(limit.trim());
  const isLimit = limit.trim() !== "" && most < 2 ** 60;
  return { memory: Math.max(used - inactive, 0), ...(isLimit ? { memoryLimit: most } : {}) };
}

/** proc(5), /proc/pid/net/dev: bytes received and sent by all interfaces but the loopback. */
function readNetwork(pid: number): Pick<ContainerUsage, "received" | "sent"> {
  let [received, sent] = [0, 0];
  for (const line of text(`/proc/${pid}/net`, "dev").split("\n").slice(2)) {
    const [name = "", numbers = ""] = line.trim().split(":");
    const fields = numbers.trim().split(/\s+/).map(Number);
    if (name === "" || name === "lo") continue;
    received += fields[0] ?? 0;
    sent += fields[8] ?? 0;
  }
  return { received, sent };
}

function text(directory: string, name: string): string {
  try {
    return fs.readFileSync(path.join(directory, name), "utf8");
  } catch {
    // This kernel does not count it, or the container has just ended.
    return "";
  }
}

const numberOf = (value: string): number => Number(value.trim()) || 0;

function fieldOf(value: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, "m").exec(value)?.[1];
  return found === undefined ? undefined : Number(found);
}

const sumOf = (value: string, pattern: RegExp): number =>
  [...value.matchAll(pattern)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
