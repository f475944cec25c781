import fs from "node:fs";
import { childrenOf } from "../../build/native/start-sandbox.ts";

/** In clock ticks since boot (proc(5), /proc/pid/stat, field 22): with it a number means one process. Undefined where there is none. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return "ZX".includes(fields[0] ?? "Z") ? undefined : fields[19];
  } catch {
    // Ended, or hidden from this user: there is none that we could do anything with.
    return undefined;
  }
}

export interface FirstProcess {
  readonly pid: number;
  /** Whoever made it. */
  readonly parent: number;
}

/**
 * The first process of a container: the one below its sandbox that is in another pid namespace than the sandbox itself.
 * Undefined as long as there is none.
 */
export function initProcess(sandboxPid: number): FirstProcess | undefined {
  const [first] = childrenOf(sandboxPid);
  return first === undefined ? undefined : below(first, pidNamespaceOf(first));
}

/** The same where no runtime stands in between: the first process of the sandbox becomes the command. */
export function onlyProcess(sandboxPid: number): FirstProcess | undefined {
  const [pid] = childrenOf(sandboxPid);
  return pid === undefined ? undefined : { pid, parent: sandboxPid };
}

function below(pid: number, outer: string | undefined): FirstProcess | undefined {
  for (const child of childrenOf(pid)) {
    const namespace = pidNamespaceOf(child);
    if (namespace !== undefined && namespace !== outer) return { pid: child, parent: pid };
    const found = below(child, outer);
    if (found !== undefined) return found;
  }
  return undefined;
}

const pidNamespaceOf = (pid: number): string | undefined => linkOf(`/proc/${pid}/ns/pid`);

function linkOf(file: string): string | undefined {
  try {
    return fs.readlinkSync(file);
  } catch {
    // The process ended meanwhile.
    return undefined;
  }
}

/** Sends a signal; false where the process is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    return false;
  }
}

/**
 * Whether a process runs another program than those that set it up, its parent's among them: runtimes run copies of
 * themselves that have no name.
 */
export function hasExecuted({ pid, parent }: FirstProcess, setUp: ReadonlySet<string>): boolean {
  const program = linkOf(`/proc/${pid}/exe`);
  if (program === undefined || setUp.has(program) || program.startsWith("/memfd:")) return false;
  return program !== linkOf(`/proc/${parent}/exe`);
}
