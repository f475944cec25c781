import fs from "node:fs";

/** What processes use, as far as proc(5) tells. */
export interface ProcessUsage {
  /** Nanoseconds of processor time, with that of children that ended and were waited for. */
  readonly cpu: number;
  /** Bytes that belong to no file. */
  readonly memory: number;
  readonly pids: number;
  /** Bytes of disks; 0 where the kernel does not tell this user. */
  readonly read: number;
  readonly written: number;
}

/** USER_HZ, which is 100 on every Linux (times(2)). */
const tickNs = 1e7;

/** All below the first process of a pid namespace, and it: whoever loses its parent there becomes its child. */
export function usageOfProcesses(first: number): ProcessUsage {
  const all = [...withDescendants(first)].map(usageOf);
  const sum = (of: (usage: ProcessUsage) => number): number => all.reduce((total, one) => total + of(one), 0);
  return {
    cpu: sum(({ cpu }) => cpu),
    memory: sum(({ memory }) => memory),
    pids: sum(({ pids }) => pids),
    read: sum(({ read }) => read),
    written: sum(({ written }) => written),
  };
}

export function* withDescendants(pid: number): Generator<number> {
  yield pid;
  for (const task of namesOf(`/proc/${pid}/task`)) {
    const children = text(`/proc/${pid}/task/${task}/children`).split(" ");
    for (const child of children) if (child !== "") yield* withDescendants(Number(child));
  }
}

function usageOf(pid: number): ProcessUsage {
  const stat = text(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // utime, stime, cutime and cstime are fields 14 to 17; the first that is left is the third.
  const ticks = fields.slice(11, 15).reduce((total, field) => total + (Number(field) || 0), 0);
  const [status, io] = [text(`/proc/${pid}/status`), text(`/proc/${pid}/io`)];
  const field = (of: string, name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(of)?.[1] ?? 0);
  return {
    cpu: ticks * tickNs,
    memory: field(status, "RssAnon") * 1024,
    // The pids controller counts threads.
    pids: field(status, "Threads"),
    read: field(io, "read_bytes"),
    written: field(io, "write_bytes"),
  };
}

function text(file: string): string {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    // It has just ended, or this user may not look.
    return "";
  }
}

function namesOf(directory: string): readonly string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    // It has just ended.
    return [];
  }
}
