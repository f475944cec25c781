import fs from "node:fs";
import { randomHex } from "../../util/random-hex.ts";

/**
 * Who made a lock, a lease or a temporary directory: `PID.START.BOOT.NAMESPACE`, short enough for a file name.
 * A process id alone may be used again; together with its start time (clock ticks since boot), the boot and the pid
 * namespace it never is. Where there is no /proc only the process id tells, and the other parts are empty.
 */
export type ProcessOwner = string;

const grammar = /^(\d+)\.(\d*)\.([0-9a-f]*)\.(\d*)(?:\.|$)/;

/** Owners whose processes cannot be seen from here (another pid namespace) keep their files fresh: see `keepFresh`. */
export const abandonedAfterMs = 120_000;

let self: ProcessOwner | undefined;

export function processOwner(): ProcessOwner {
  self ??= ownerOf(process.pid);
  return self;
}

/** The same for another process of this pid namespace, which must be there. */
export const ownerOf = (pid: number): ProcessOwner =>
  [pid, startOf(pid)?.start ?? "", bootId(), pidNamespace()].join(".");

/** The process id of an owner. */
export const pidOf = (owner: ProcessOwner): number => Number(owner.split(".")[0]);

/** Like `processOwner`, different at every call. */
export const uniqueOwner = (): string => `${processOwner()}.${randomHex(6)}`;

let boot: string | undefined;

/** The first eight digits of this boot's id; empty where the system does not tell. */
export function bootId(): string {
  boot ??= (readIfThere("/proc/sys/kernel/random/boot_id") ?? "").slice(0, 8);
  return boot;
}

/**
 * Whether nobody can still be using `file`, which was made by the process that `owner` names. In doubt it is in use.
 * Text that names no process was never written whole: nobody's.
 */
export function isAbandoned(owner: string, file: string, now: number = Date.now()): boolean {
  const match = grammar.exec(owner);
  if (match === null) return true;
  const [, pid = "", start = "", boot = "", namespace = ""] = match;
  if (boot !== bootId()) return true;
  if (namespace === pidNamespace()) return !isAlive(Number(pid), start);
  const stats = fs.lstatSync(file, { throwIfNoEntry: false });
  return stats === undefined || now - stats.mtimeMs > abandonedAfterMs;
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const seen = startOf(pid);
  // /proc may hide the processes of others (hidepid): there is one of this number, more cannot be known.
  if (seen === undefined || start === "") return true;
  return seen.start === start && !"ZX".includes(seen.state);
}

/** proc(5), /proc/pid/stat: the state is field 3, the start time field 22; the name before them may hold anything. */
function startOf(pid: number): { readonly state: string; readonly start: string } | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", start: fields[19] ?? "" };
}

let namespace: string | undefined;

function pidNamespace(): string {
  if (namespace === undefined) {
    try {
      namespace = /\d+/.exec(fs.readlinkSync("/proc/self/ns/pid"))?.[0] ?? "";
    } catch {
      // No /proc: every process is taken to be in the same namespace.
      namespace = "";
    }
  }
  return namespace;
}

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    // Absent (another system, a process that ended) or hidden: the callers treat both as unknown.
    return undefined;
  }
}
