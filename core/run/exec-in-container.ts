import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostTools } from "../build/native/host-tools.ts";
import { LowerTree } from "../build/native/lower-tree.ts";
import { startPiped } from "../build/native/output-pipes.ts";
import { planProcess } from "../build/native/plan-process.ts";
import { runtimeFailure } from "../build/native/runtime-log.ts";
import type { Starter } from "../build/native/run-step.ts";
import { quote } from "../build/native/sandbox-script.ts";
import { childrenOf, exitOf } from "../build/native/start-sandbox.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { OutputSink } from "../oci/runtime/sandbox.ts";
import { runtimeProcess, runtimeText } from "../oci/runtime/runtime-spec.ts";
import { containerEnvironment } from "./container-command.ts";
import { cgroupDirectories } from "./sandbox/cgroup.ts";
import { containerCapabilities } from "./sandbox/container-capabilities.ts";
import { enterCgroups, runtimeCommand } from "./sandbox/container-script.ts";
import { type FirstProcess, hasExecuted, initProcess } from "./sandbox/processes.ts";
import { copyTerminalSize, ownStreams } from "./sandbox/terminal-size.ts";
import { setUpPrograms } from "./supervise/live-once.ts";
import type { ContainerDirectory } from "./state/container-directory.ts";
import type { ContainerRecord } from "./state/container-record.ts";
import { randomHex } from "../util/random-hex.ts";

export interface ExecOptions {
  readonly container: ContainerDirectory;
  readonly record: ContainerRecord;
  readonly tools: HostTools;
  readonly argv: readonly string[];
  /** `NAME=value`, over the container's. */
  readonly env: readonly string[];
  readonly user: string | undefined;
  readonly workdir: string | undefined;
  readonly terminal: boolean;
  readonly stdin: "inherit" | "ignore";
  /** `inherit`: the streams of this process. */
  readonly output: "inherit" | OutputSink;
  /** Settles when it runs, and leaves it to itself; nothing is seen of what it writes. */
  readonly detach?: boolean;
  /** Kills it. */
  readonly signal?: AbortSignal;
}

/**
 * Runs one more command in a container that runs and gives its exit code: 126 and 127 where it cannot be executed or is
 * not there. Errors `CONTAINER_NOT_RUNNING`, `USER_UNKNOWN`, `UNSUPPORTED`, `EXECUTOR_FAILED`.
 */
export async function execInContainer(options: ExecOptions): Promise<number> {
  const { container, record } = options;
  const state = container.state();
  const [sandbox] = state.sandboxPid === undefined ? [] : childrenOf(state.sandboxPid);
  if (state.status !== "running" || sandbox === undefined) {
    throw new TsdockError("CONTAINER_NOT_RUNNING", `the container ${record.name} does not run`, {
      hint: `start it first: tsdock start ${record.name}`,
    });
  }
  const { runtime } = state;
  if (runtime === undefined || runtime.name === "kernel") {
    throw new TsdockError("UNSUPPORTED", "without an OCI runtime no command can join a container", {
      hint: "install crun and start the container again",
    });
  }
  const directory = container.file("root");
  const name = `exec-${randomHex(6)}`;
  const own = path.join(directory, name);
  const [config, log] = [path.join(own, "config.json"), path.join(own, "log")];
  const document = runtimeText(processOf(options, directory));
  fs.mkdirSync(own, { mode: 0o700 });
  try {
    fs.writeFileSync(config, document, { mode: 0o600 });
    const command = `${runtimeCommand(runtime, directory)} --log ${quote(log)} --log-format=json exec${options.detach === true ? " --detach" : ""} --process ${quote(config)} ${record.id.slice(0, 12)}`;
    const entered = [...enterCgroups(procsFiles(record.id)), `exec ${command}`].join("\n");
    const exitCode = await spawnIn({ sandbox, own, command: entered }, options, runtime);
    return exitCode === 0 ? 0 : failureOf(options, log, exitCode);
  } finally {
    fs.rmSync(own, { recursive: true, force: true });
  }
}

const procsFiles = (id: string): readonly string[] =>
  Object.values(cgroupDirectories(id))
    .map((directory) => path.join(directory, "cgroup.procs"))
    .filter((file) => fs.existsSync(file));

function processOf({ record, argv, env, user, workdir, terminal }: ExecOptions, directory: string): object {
  const tree = new LowerTree([...record.lower, path.join(directory, "upper")]);
  const cwd = workdir ?? (record.config.WorkingDir || "/");
  const own = containerEnvironment([`HOSTNAME=${record.hostname}`], record.config.Env ?? [], env);
  const capabilities = containerCapabilities({ add: record.capAdd, drop: record.capDrop });
  const command = {
    argv,
    env: own,
    user: user ?? record.config.User ?? "",
    groups: record.groupAdd ?? [],
    ...(record.ulimits === undefined ? {} : { rlimits: record.ulimits }),
  };
  return runtimeProcess(planProcess(command, { capabilities, terminal }, tree, cwd));
}

interface Entrance {
  /** A process of the sandbox. */
  readonly sandbox: number;
  /** The command's own directory. */
  readonly own: string;
  /** A shell's. */
  readonly command: string;
}

async function spawnIn(
  { sandbox, own, command }: Entrance,
  { terminal, stdin, output, detach, signal, tools }: ExecOptions,
  starter: Starter,
): Promise<number> {
  const isRoot = process.geteuid?.() === 0;
  const namespaces = ["--mount", "--pid", ...(isRoot ? [] : ["--user", "--preserve-credentials"])];
  const script = terminal
    ? [tools.find("script") ?? "script", "-qefc", command, "/dev/null"]
    : ["sh", "-c", command];
  const piped = { output, directory: own, mkfifo: tools.find("mkfifo") ?? "mkfifo" };
  const { child, end: taken } = await startPiped(piped, (streams) => {
    signal?.throwIfAborted();
    return spawn("nsenter", ["--target", String(sandbox), ...namespaces, "--", ...script], {
      cwd: "/",
      env: { ...tools.environment, SHELL: "/bin/sh" },
      // script(1) types an end of input into the terminal, which shows it: it is given none.
      stdio: detach === true ? "ignore" : [terminal && stdin === "ignore" ? "pipe" : stdin, ...streams],
    });
  });
  const kill = (): void => void child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  const ended = new AbortController();
  const sized = terminal && output === "inherit" ? keepSize(child, starter, tools, ended.signal) : undefined;
  try {
    return await exitOf(child);
  } finally {
    await taken();
    ended.abort();
    await sized;
    signal?.removeEventListener("abort", kill);
  }
}

/** Gives the terminal of a command that joined the size of ours, from its start on. */
async function keepSize(
  { pid }: ChildProcess,
  starter: Starter,
  tools: HostTools,
  ended: AbortSignal,
): Promise<void> {
  const setUp = setUpPrograms(starter, tools);
  const begun = (): FirstProcess | undefined => {
    const first = pid === undefined ? undefined : initProcess(pid);
    return first !== undefined && hasExecuted(first, setUp) ? first : undefined;
  };
  while (begun() === undefined && !ended.aborted) await sleep(firstLookMs);
  const first = begun();
  if (first === undefined) return;
  const resize = (): void => copyTerminalSize({ from: ownStreams, to: `/proc/${first.pid}/fd/0` }, tools);
  resize();
  process.on("SIGWINCH", resize);
  ended.addEventListener("abort", () => process.off("SIGWINCH", resize), { once: true });
}

const firstLookMs = 10;

/** What a runtime says of a command that is not left to itself has been seen on its standard error. */
function failureOf(
  { argv: [command = ""], detach = false }: ExecOptions,
  log: string,
  exitCode: number,
): number {
  const failure = fs.existsSync(log) ? runtimeFailure(fs.readFileSync(log, "utf8")) : undefined;
  if (failure === undefined) return exitCode;
  if (failure.exitCode !== 125) {
    if (!detach) return failure.exitCode;
    const [code, what] =
      failure.exitCode === 127
        ? (["CONTAINER_COMMAND_MISSING", `the container has no command ${command}`] as const)
        : (["CONTAINER_COMMAND_DENIED", `${command} cannot be executed`] as const);
    throw new TsdockError(code, `${what}: ${failure.message}`, {
      hint: "look for it with tsdock exec or cp",
    });
  }
  throw new TsdockError("EXECUTOR_FAILED", `the command could not be started: ${failure.message}`, {
    hint: "look at the container with tsdock inspect",
  });
}
