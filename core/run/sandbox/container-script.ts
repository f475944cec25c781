import { makePipes, openPipes } from "../../build/native/output-pipes.ts";
import { overlayLines, quote, type RuntimeProgram } from "../../build/native/sandbox-script.ts";
import { runtimeLog, setupLog, type StepPlan } from "../../build/native/step-plan.ts";

/** What `ip` does in the container's network namespace. */
export interface InsideCommand {
  /** Absolute path. */
  readonly program: string;
  /** For `-batch`; none where there is nothing to do. */
  readonly lines: readonly string[];
  /** A variable of the shell with a process of it that connects the container, and is waited for instead. */
  readonly process?: string;
}

export interface ContainerScriptOptions {
  readonly plan: StepPlan;
  readonly rootless: boolean;
  /** Files that a process enters its cgroups by. */
  readonly cgroups: readonly string[];
  /** Absolute path of script(1), for terminals. */
  readonly script: string;
  readonly inside: InsideCommand;
}

/** How an OCI runtime is called for a container, from the sandbox's directory or by its absolute path. */
export const runtimeCommand = ({ name, path }: RuntimeProgram, directory: string): string => {
  const cgroups = name === "crun" ? " --cgroup-manager=disabled" : "";
  return `${quote(path)} --root ${quote(`${directory}/mem`)}${cgroups}`;
};

/**
 * The script of a container's sandbox: as few programs as can be, since each of them takes a millisecond. Its first line
 * asks on descriptor 3 for what must be prepared, which is done while it mounts; the second tells that all is set up. A
 * parent that died answers nothing, and the script ends before it has run anything. A terminal is made by script(1): it
 * takes what the caller has as standard input, a terminal or not, passes its size on, and gives the runtime the terminal
 * that it insists on.
 */
export function containerScript(options: ContainerScriptOptions, runtime: RuntimeProgram): string {
  const { plan, rootless, cgroups, inside } = options;
  const log = `--log ${quote(`${plan.directory}/${runtimeLog}`)} --log-format=json`;
  const command = `${runtimeCommand(runtime, plan.directory)} ${log} run --no-new-keyring -b mem ${plan.id}`;
  return [
    "set -e",
    "umask 022",
    `exec 4>&2 2>${setupLog}`,
    // Entering is mostly waiting for the kernel.
    ...inBackground("cgroups", moveInto(cgroups)),
    ...inBackground("mounts", overlayLines(plan, rootless)),
    makePipes,
    "echo >&3",
    "read -r go <&3",
    openPipes,
    ...insideLines(inside),
    "wait $mounts",
    ...(cgroups.length === 0 ? [] : ["wait $cgroups"]),
    "unset go mounts cgroups",
    "echo >&3",
    "exec 2>&4 3>&- 4>&-",
    plan.process.terminal
      ? `SHELL=/bin/sh exec ${quote(options.script)} -qefc ${quote(`exec ${command}`)} /dev/null`
      : `exec ${command}`,
  ].join("\n");
}

function insideLines({ program, lines, process }: InsideCommand): readonly string[] {
  if (process !== undefined) return [`wait $${process}`, `unset ${process}`];
  return lines.length === 0 ? [] : [`${quote(program)} -batch - <<'end'`, ...lines, "end"];
}

/** Lines of a shell that others need not wait for; a variable of this name has their process. */
const inBackground = (name: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ["(set -e", ...lines, ") &", `${name}=$!`];

/** Moves the first process of the sandbox, which is the shell. */
const moveInto = (files: readonly string[]): readonly string[] =>
  files.map((file) => `echo 1 >${quote(file)}`);

/** `0` stands for the writer itself (cgroups(7)). */
export const enterCgroups = (files: readonly string[]): readonly string[] =>
  files.map((file) => `echo 0 >${quote(file)}`);
