import { makePipes, openPipes } from "../../build/native/output-pipes.ts";
import { overlayLines, quote, type RuntimeProgram } from "../../build/native/sandbox-script.ts";
import { runtimeLog, setupLog, type StepPlan } from "../../build/native/step-plan.ts";
import { joiningProcess } from "../network/joining-script.ts";

/** What `ip` does in the container's network namespace. */
export interface InsideCommand {
  /** Absolute path. */
  readonly program: string;
  /** For `-batch`; none where there is nothing to do. */
  readonly lines: readonly string[];
}

/**
 * Lines of a shell in the container's sandbox that begin something which others need not wait for, mostly for the kernel. A variable has
 * the process; what it complains about is in the container's setup log.
 */
interface Job {
  readonly variable: "cgroups" | "pipes" | "mounts";
  readonly lines: readonly string[];
}

export interface ContainerScriptOptions {
  readonly plan: StepPlan;
  readonly rootless: boolean;
  /** Files that a process enters its cgroups by. */
  readonly cgroups: readonly string[];
  /** Absolute path of script(1), for terminals. */
  readonly script: string;
  readonly inside: InsideCommand;
  /** Whether the shell was given the early work of this container, and its mounts. */
  readonly isBegun: boolean;
}

/** How an OCI runtime is called for a container, from the sandbox's directory or by its absolute path. */
export const runtimeCommand = ({ name, path }: RuntimeProgram, directory: string): string => {
  const cgroups = name === "crun" ? " --cgroup-manager=disabled" : "";
  return `${quote(path)} --root ${quote(`${directory}/mem`)}${cgroups}`;
};

/** What needs nothing but the container's empty directory, as a script of its own. */
export const earlyWork = (directory: string, cgroups: readonly string[]): string =>
  [enterAll(cgroups), pipes].flatMap((job) => begin(job, directory)).join("\n");

/** What needs the plan. */
export const mountWork = (plan: StepPlan, rootless: boolean): string =>
  begin(mounts(plan, rootless), plan.directory).join("\n");

/**
 * The script of a container's sandbox: as few programs as can be, since each of them takes a millisecond. Its first line
 * asks on descriptor 3 for what must be prepared, which is done while it mounts; the second tells that all is set up. A
 * parent that died answers nothing, and the script ends before it has run anything. A terminal is made by script(1): it
 * takes what the caller has as standard input, a terminal or not, passes its size on, and gives the runtime the terminal
 * that it insists on.
 */
export function containerScript(options: ContainerScriptOptions, runtime: RuntimeProgram): string {
  const { plan, rootless, cgroups, inside, isBegun } = options;
  const log = `--log ${quote(`${plan.directory}/${runtimeLog}`)} --log-format=json`;
  const command = `${runtimeCommand(runtime, plan.directory)} ${log} run --no-new-keyring -b mem ${plan.id}`;
  return [
    "set -e",
    "umask 022",
    `exec 4>&2 2>>${setupLog}`,
    ...(isBegun ? [] : [earlyWork(plan.directory, cgroups), mountWork(plan, rootless)]),
    "wait $pipes",
    "echo >&3",
    "read -r go <&3",
    openPipes,
    ...insideLines(inside),
    `for job in $${joiningProcess} $mounts $cgroups; do wait $job; done`,
    `unset go job ${joiningProcess} mounts cgroups pipes`,
    "echo >&3",
    "exec 2>&4 3>&- 4>&-",
    plan.process.terminal
      ? `SHELL=/bin/sh exec ${quote(options.script)} -qefc ${quote(`exec ${command}`)} /dev/null`
      : `exec ${command}`,
  ].join("\n");
}

function insideLines({ program, lines }: InsideCommand): readonly string[] {
  return lines.length === 0 ? [] : [`${quote(program)} -batch - <<'end'`, ...lines, "end"];
}

const begin = ({ variable, lines }: Job, directory: string): readonly string[] =>
  lines.length === 0
    ? []
    : [
        `(set -e; cd ${quote(directory)}`,
        ...lines,
        `) 2>>${quote(`${directory}/${setupLog}`)} &`,
        `${variable}=$!`,
      ];

/** Moves the first process of the sandbox, which is the shell. */
const enterAll = (files: readonly string[]): Job => ({
  variable: "cgroups",
  lines: files.map((file) => `echo 1 >${quote(file)}`),
});

const pipes: Job = { variable: "pipes", lines: [makePipes] };

const mounts = (plan: StepPlan, rootless: boolean): Job => ({
  variable: "mounts",
  lines: overlayLines(plan, rootless),
});

/** `0` stands for the writer itself (cgroups(7)). */
export const enterCgroups = (files: readonly string[]): readonly string[] =>
  files.map((file) => `echo 0 >${quote(file)}`);
