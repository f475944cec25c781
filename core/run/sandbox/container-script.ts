import {
  hideHybridCgroups,
  quote,
  type RuntimeProgram,
  type ScriptOptions,
  setupLines,
} from "../../build/native/sandbox-script.ts";
import { runtimeLog } from "../../build/native/step-plan.ts";

export interface ContainerScriptOptions extends ScriptOptions {
  /** Files that a process enters its cgroups by. */
  readonly cgroups: readonly string[];
  readonly terminal: boolean;
  /** Absolute path of script(1), for terminals. */
  readonly script: string;
}

/** How an OCI runtime is called for a container, from the sandbox's directory or by its absolute path. */
export const runtimeCommand = ({ name, path }: RuntimeProgram, directory: string): string => {
  const cgroups = name === "crun" ? " --cgroup-manager=disabled" : "";
  return `${quote(path)} --root ${quote(`${directory}/mem/state`)}${cgroups}`;
};

/**
 * The script of a container's sandbox. A terminal is made by script(1): it takes what the caller has as standard input,
 * a terminal or not, passes its size on, and gives the runtime the terminal that it insists on.
 */
export function containerScript(options: ContainerScriptOptions, runtime: RuntimeProgram): string {
  const { plan, rootless, cgroups, terminal } = options;
  const log = `--log ${quote(`${plan.directory}/${runtimeLog}`)} --log-format=json`;
  const command = `${runtimeCommand(runtime, plan.directory)} ${log} run --no-new-keyring -b mem/bundle ${plan.id}`;
  return [
    ...setupLines(options),
    ...enterCgroups(cgroups),
    hideHybridCgroups(rootless),
    "exec 2>&4 3>&- 4>&-",
    terminal
      ? `SHELL=/bin/sh exec ${quote(options.script)} -qefc ${quote(`exec ${command}`)} /dev/null`
      : `exec ${command}`,
  ].join("\n");
}

/** `0` stands for the writer itself (cgroups(7)). */
export const enterCgroups = (files: readonly string[]): readonly string[] =>
  files.map((file) => `echo 0 >${quote(file)}`);
