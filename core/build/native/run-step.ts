import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { runtimeSpec } from "../../oci/runtime/runtime-spec.ts";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import type { HostTools } from "./host-tools.ts";
import { kernelEnvironment, kernelNamespaces, kernelScript } from "./kernel-script.ts";
import { runtimeFailure } from "./runtime-log.ts";
import { type RuntimeProgram, runtimeScript } from "./sandbox-script.ts";
import { type SandboxExit, type SandboxProcess, startSandbox } from "./start-sandbox.ts";
import { cgroupParent } from "./state-directory.ts";
import { mergedDirectory, runtimeLog, type StepPlan, setupLog } from "./step-plan.ts";

/** What starts commands: an OCI runtime, or the kernel's own tools. */
export type Starter = RuntimeProgram | { readonly name: "kernel" };

export interface StepOptions {
  readonly starter: Starter;
  readonly tools: HostTools;
  readonly rootless: boolean;
  readonly stdin: "ignore" | "inherit";
  readonly output: "inherit" | OutputSink;
  readonly onStart?: (send: (signal: NodeJS.Signals) => void) => void;
}

/** How long a command that was asked to end has before it is killed, in milliseconds. */
const graceMs = 1_000;

/**
 * Runs a planned command until nothing of it is left and gives its exit code. On abort the signal's reason.
 * Error `EXECUTOR_FAILED` where it could not be started.
 */
export async function runStep(plan: StepPlan, options: StepOptions, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const started = start(plan, options);
  options.onStart?.(started.send);
  const exit = await untilGone(started, signal);
  signal.throwIfAborted();
  return outcome(plan, exit, options);
}

function start(plan: StepPlan, options: StepOptions): SandboxProcess {
  const { starter, rootless, tools } = options;
  const isKernel = starter.name === "kernel";
  const config = isKernel
    ? new Uint8Array()
    : Buffer.from(JSON.stringify(specOf(plan, starter.name, rootless)));
  const piped = options.output !== "inherit";
  const script = { plan, rootless, configSize: config.byteLength, piped };
  return startSandbox({
    script: isKernel ? kernelScript(script, tools) : runtimeScript(script, starter),
    directory: plan.directory,
    environment: isKernel ? kernelEnvironment(plan.process.env) : tools.environment,
    namespaces: isKernel ? kernelNamespaces(plan) : [],
    payload: Buffer.concat([config, ...plan.files.map((file) => file.content)]),
    stdin: options.stdin,
    output: options.output,
  });
}

const specOf = (plan: StepPlan, runtime: string, rootless: boolean): object =>
  runtimeSpec({
    process: plan.process,
    root: path.join(plan.directory, mergedDirectory),
    hostname: plan.hostname,
    mounts: plan.mounts.map(({ destination, type, source, options }) => ({
      destination,
      type,
      source,
      options,
    })),
    network: plan.network,
    rootless,
    ...(runtime === "runc" ? { cgroupsPath: `/${cgroupParent}/${plan.id}` } : {}),
  });

/** Asks politely on abort, then kills. */
async function untilGone({ send, exit }: SandboxProcess, signal: AbortSignal): Promise<SandboxExit> {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    send("SIGTERM");
    timer = setTimeout(send, graceMs, "SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await exit;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

async function outcome(plan: StepPlan, exit: SandboxExit, options: StepOptions): Promise<number> {
  if (!exit.isSetUp) throw notSetUp(readLog(plan, setupLog), exit.exitCode);
  if (exit.exitCode === 0) return 0;
  const failure = runtimeFailure(readLog(plan, runtimeLog));
  if (failure === undefined) return exit.exitCode;
  if (failure.exitCode === 125) throw notStarted(options.starter.name, failure.message);
  await say(options.output, `tsdock: ${failure.message}\n`);
  return failure.exitCode;
}

async function say(output: StepOptions["output"], text: string): Promise<void> {
  if (output === "inherit") fs.writeSync(2, text);
  else await output("stderr", Buffer.from(text));
}

function readLog(plan: StepPlan, name: string): string {
  const file = path.join(plan.directory, name);
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

const notSetUp = (log: string, exitCode: number): TsdockError =>
  new TsdockError(
    "EXECUTOR_FAILED",
    `the file system of a command could not be set up (exit code ${exitCode})`,
    {
      details: log.trim(),
      hint: "`tsdock doctor` tells what this machine allows",
    },
  );

const notStarted = (runtime: string, message: string): TsdockError =>
  new TsdockError("EXECUTOR_FAILED", `${runtime} could not start the command: ${message}`, {
    hint: "`tsdock doctor` tells what this machine allows",
  });
