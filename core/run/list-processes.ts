import { spawnSync } from "node:child_process";
import fs from "node:fs";
import type { HostTools } from "../build/native/host-tools.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { withDescendants } from "./sandbox/usage-of-processes.ts";

/** What `ps` of this machine tells of a container's processes: titles, and a row for each. */
export interface ProcessTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const fieldsOf = (line: string): string[] => line.split(/\s+/).filter((field) => field !== "");

/** The rows of some processes. The last column may have spaces. Undefined where there is no column PID. */
export function selectProcesses(text: string, pids: ReadonlySet<number>): ProcessTable | undefined {
  const [header = "", ...lines] = text.split("\n").filter((line) => line.trim() !== "");
  const titles = fieldsOf(header);
  const column = titles.indexOf("PID");
  if (column < 0) return undefined;
  const rows = lines.map(fieldsOf).filter((fields) => pids.has(Number(fields[column])));
  const last = titles.length - 1;
  return { titles, rows: rows.map((fields) => [...fields.slice(0, last), fields.slice(last).join(" ")]) };
}

/** Runs `ps` with options as docker does; `first` is the container's first process. Errors `UNSUPPORTED`, `USAGE`. */
export function listProcesses(first: number, options: readonly string[], tools: HostTools): ProcessTable {
  const program = tools.find("ps");
  if (program === undefined) {
    throw new TsdockError("UNSUPPORTED", "processes are listed by ps, which is not installed", {
      hint: "install it (Debian: procps)",
    });
  }
  const pids = processesOf(first);
  const { status, stdout, stderr, error } = spawnSync(program, options.length === 0 ? ["-ef"] : options, {
    env: { ...tools.environment },
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw refused(error?.message ?? stderr.trim().split("\n")[0] ?? "");
  const table = selectProcesses(stdout, pids);
  if (table === undefined) throw refused("couldn't find PID field in ps output");
  return table;
}

/** What was begun there, and what joined it: `exec` starts no child of the first process. */
function processesOf(first: number): ReadonlySet<number> {
  const namespace = namespaceOf(first);
  const joined = fs
    .readdirSync("/proc")
    .filter(
      (name) => /^\d+$/.test(name) && namespace !== undefined && namespaceOf(Number(name)) === namespace,
    );
  return new Set([...withDescendants(first), ...joined.map(Number)]);
}

function namespaceOf(pid: number): string | undefined {
  try {
    return fs.readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    // It has ended, or is another user's.
    return undefined;
  }
}

const refused = (reason: string): TsdockError =>
  new TsdockError("USAGE", `ps cannot tell the container's processes: ${reason}`, {
    hint: "give options of ps(1) that show the column PID, such as -ef or -o pid,comm",
  });
