import { spawn } from "node:child_process";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import type { HostTools } from "./host-tools.ts";
import { kernelEnvironment, startCommand } from "./kernel-script.ts";
import { startPiped } from "./output-pipes.ts";
import { exitOf } from "./start-sandbox.ts";
import type { StepPlan } from "./step-plan.ts";

export interface ChrootCommand {
  /** Absolute. */
  readonly root: string;
  /** Absolute, empty: for what its output goes through. */
  readonly pipes: string;
  readonly process: StepPlan["process"];
  readonly tools: HostTools;
  readonly stdin: "ignore" | "inherit";
  readonly output: "inherit" | OutputSink;
  readonly onStart?: (send: (signal: NodeJS.Signals) => void) => void;
}

/** Runs a command in a plain directory until every process that has it as its root is gone. On abort the signal's reason. */
export async function runInChroot(command: ChrootCommand, signal: AbortSignal): Promise<number> {
  const { root, output, tools } = command;
  const script = `umask 022\n${startCommand(command.process, (name) => tools.find(name) ?? name)}`;
  const piped = { output, directory: command.pipes, mkfifo: tools.find("mkfifo") ?? "mkfifo" };
  const { child, end: taken } = await startPiped(piped, (streams) => {
    signal.throwIfAborted();
    return spawn(
      tools.find("setpriv") ?? "setpriv",
      ["--pdeathsig", "KILL", tools.find("sh") ?? "sh", "-c", script],
      {
        cwd: root,
        env: kernelEnvironment(command.process.env),
        stdio: [command.stdin, ...streams],
        detached: true,
      },
    );
  });
  const end = (): void => killProcessesIn(root, "SIGKILL");
  signal.addEventListener("abort", end, { once: true });
  command.onStart?.((name) => void child.kill(name));
  try {
    const exitCode = await exitOf(child);
    await untilNoneIn(root);
    signal.throwIfAborted();
    return exitCode;
  } finally {
    await taken();
    signal.removeEventListener("abort", end);
  }
}

async function untilNoneIn(root: string): Promise<void> {
  while (processesIn(root).length > 0) {
    killProcessesIn(root, "SIGKILL");
    await sleep(5);
  }
}

/** Processes whose root is a directory or below it (proc(5), /proc/pid/root), but those that ended. */
function processesIn(root: string): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => `${rootOf(pid)}/`.startsWith(`${root}/`))
    .map(Number);
}

function rootOf(pid: string): string {
  try {
    return fs.readlinkSync(`/proc/${pid}/root`);
  } catch {
    // Ended, or a process of somebody else: not one of ours.
    return "";
  }
}

/** Kills what runs below a directory. */
export function killProcessesIn(root: string, signal: NodeJS.Signals): void {
  for (const pid of processesIn(root)) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
