import fs from "node:fs";
import type { HostTools } from "../../build/native/host-tools.ts";
import type { Starter } from "../../build/native/run-step.ts";
import type { SandboxProcess } from "../../build/native/start-sandbox.ts";
import type { StepPlan } from "../../build/native/step-plan.ts";
import type { TsdockError } from "../../errors/tsdock-error.ts";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import { holdOutput } from "./hold-output.ts";
import { hasExecuted, initProcess, onlyProcess, signalProcess } from "../sandbox/processes.ts";
import { copyTerminalSize, ownStreams } from "../sandbox/terminal-size.ts";
import { startContainer, type StartContainerOptions, startFailure } from "../sandbox/start-container.ts";

export interface LifeOptions {
  readonly plan: StepPlan;
  readonly starter: Starter;
  readonly tools: HostTools;
  readonly rootless: boolean;
  readonly readonlyRoot: boolean;
  readonly stdin: "ignore" | "inherit" | "hold";
  readonly output: OutputSink;
  readonly cgroups: readonly string[];
  readonly opened: StartContainerOptions["opened"];
  /** While `opening` goes on, the command may run already. */
  readonly place: StartContainerOptions["place"] & { readonly opening?: Promise<void> };
  /** Why it could not be connected, where it could not. */
  readonly networkFailure: () => TsdockError | undefined;
  /** Called once, when the container's command runs. */
  readonly onStart: (started: StartedLife) => void;
  /** Kills it. */
  readonly signal: AbortSignal;
}

export interface StartedLife {
  /** Its first process, as this machine numbers it. */
  readonly pid: number;
  readonly sandboxPid: number;
  /** To its first process; a change of our terminal's size changes that of its own. */
  readonly send: (signal: NodeJS.Signals) => void;
}

/**
 * One life of a container, from the first mount until every process of it is gone. Gives its exit code as a shell has it.
 * Errors of `startFailure` and of `connect` mean that its command never ran.
 */
export async function liveOnce(options: LifeOptions): Promise<number> {
  const { plan, starter, signal } = options;
  signal.throwIfAborted();
  const held = holdOutput(options.output);
  const sandbox = startContainer(plan, { ...options, output: held.sink });
  // It is waited for below, after what it may fail of first.
  sandbox.exit.catch(() => undefined);
  const kill = (): void => sandbox.send("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  // Its failure is thrown once everything has ended.
  const opening = failureOf(options.place.opening);
  void opening.then((failure) => {
    if (failure !== undefined) kill();
  });
  const watch = new AbortController();
  const onStart = (life: StartedLife): void => {
    held.release();
    options.onStart(life);
  };
  const started = notifyStart(sandbox, { ...options, onStart }, watch.signal);
  try {
    const ended = await sandbox.ended;
    watch.abort();
    // Whoever closes what is being opened must not come too early.
    const notOpened = await opening;
    const failure = signal.aborted
      ? undefined
      : ((ended.isSetUp ? undefined : options.networkFailure()) ??
        notOpened ??
        startFailure(plan, ended, starter.name));
    if (failure === undefined) held.release();
    else held.drop();
    await sandbox.exit;
    if (failure !== undefined) throw failure;
    return ended.exitCode;
  } finally {
    watch.abort();
    await started;
    signal.removeEventListener("abort", kill);
  }
}

const failureOf = async (work: Promise<void> | undefined): Promise<Error | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error as Error;
  }
};

const firstPauseMs = 1;
const longestPauseMs = 20;
/** A runtime takes about so long. */
const likelyPauses = 20;

/** Looks for the command until it runs: nothing tells when a runtime has executed it. */
async function notifyStart(
  sandbox: SandboxProcess,
  { plan, starter, tools, onStart, place }: LifeOptions,
  ended: AbortSignal,
): Promise<void> {
  const sandboxPid = sandbox.pid;
  if (sandboxPid === undefined) return;
  const find = starter.name === "kernel" ? onlyProcess : initProcess;
  const setUp = setUpPrograms(starter, tools);
  await Promise.race([sandbox.isSetUp, abortOf(ended)]);
  let pause = firstPauseMs;
  for (let pauses = 1; !ended.aborted; pauses++) {
    await sleep(pause, ended);
    if (pauses > likelyPauses) pause = Math.min(pause * 1.3, longestPauseMs);
    const first = find(sandboxPid);
    if (first === undefined || !hasExecuted(first, setUp)) continue;
    if ((await failureOf(place.opening)) !== undefined || hasEnded(ended)) return;
    const { pid } = first;
    const resize = (): void =>
      copyTerminalSize({ from: ownStreams, to: `/proc/${pid}/root/dev/console` }, tools);
    if (plan.process.terminal) resize();
    const send = (signal: NodeJS.Signals): void => {
      if (signal !== "SIGWINCH") signalProcess(pid, signal);
      else if (plan.process.terminal) resize();
    };
    onStart({ pid, sandboxPid, send });
    return;
  }
}

/** Absolute paths without links. */
export function setUpPrograms(starter: Starter, tools: HostTools): ReadonlySet<string> {
  const programs =
    starter.name === "kernel" ? ["sh", "setpriv", "unshare"].map((name) => tools.find(name)) : [starter.path];
  return new Set(
    programs.filter((program) => program !== undefined).map((program) => fs.realpathSync(program)),
  );
}

/** Meanwhile. */
const hasEnded = (signal: AbortSignal): boolean => signal.aborted;

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
