import fs from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import { captureUpper } from "../../oci/layer/capture.ts";
import { fromByteString } from "../../oci/layer/entry.ts";
import { packLayerTo } from "../../oci/layer/pack-layer-to.ts";
import { type UnpackOptions, unpackLayer, unpackLayerTo } from "../../oci/layer/unpack-layer.ts";
import type { ContainerRequest, OutputSink, Sandbox, SandboxCommand } from "../../oci/runtime/sandbox.ts";
import type { ExecOutcome, ExecRequest, Executor } from "../executor.ts";
import { availableCapabilities } from "./available-capabilities.ts";
import { discardMatcher } from "./discard-matcher.ts";
import type { HostTools } from "./host-tools.ts";
import { ownMounts } from "./own-mounts.ts";
import { planStep } from "./plan-step.ts";
import { runStep, type Starter } from "./run-step.ts";
import { removeTree, StateDirectory } from "./state-directory.ts";
import type { StepPlan } from "./step-plan.ts";

export interface LocalExecutorOptions {
  /** Absolute; on the file system of the snapshots, and one that overlayfs can have upper directories on. */
  readonly stateDirectory: string;
  readonly emit: EventSink;
  readonly tools: HostTools;
  readonly starter: Starter;
  /** In a user namespace: no device nodes, attributes of the `user` class for overlayfs. */
  readonly rootless: boolean;
}

interface HowToRun {
  readonly stdin: "ignore" | "inherit";
  readonly output: "inherit" | OutputSink;
  readonly terminal: boolean;
  readonly kind: "step" | "container";
  readonly onStart?: (send: (signal: NodeJS.Signals) => void) => void;
}

/** Layers up to this many bytes are unpacked at once: a thread would take longer to start. */
const quickUnpack = 4 * 1024 * 1024;

/** Runs commands in this process's name, which is root, here or in a user namespace. */
export class LocalExecutor implements Executor, Sandbox {
  readonly name = "native";
  readonly #options: LocalExecutorOptions;
  readonly #state: StateDirectory;

  constructor(options: LocalExecutorOptions) {
    this.#options = options;
    this.#state = new StateDirectory(options.stateDirectory, (message) => this.#warn(message));
  }

  async describe(): Promise<string> {
    const { starter, rootless } = this.#options;
    const how = starter.name === "kernel" ? "the kernel's own tools" : starter.name;
    return `overlayfs and ${how}, ${rootless ? "as root of a user namespace" : "as root"}`;
  }

  async unpack(tar: string, directory: string, signal: AbortSignal): Promise<void> {
    const { rootless } = this.#options;
    const options: UnpackOptions = {
      whiteouts: rootless ? "overlay-userxattr" : "overlay",
      privileged: !rootless,
    };
    try {
      const isQuick = fs.statSync(tar).size <= quickUnpack;
      const report = isQuick
        ? unpackLayer(tar, directory, options)
        : await unpackLayerTo(tar, directory, options, signal);
      for (const { path, reason } of report.skipped)
        this.#warn(`${fromByteString(path)} is left out: ${reason}`);
    } catch (error) {
      await removeTree(directory);
      throw error;
    }
  }

  async exec(request: ExecRequest, signal: AbortSignal): Promise<ExecOutcome> {
    const how = { stdin: "ignore", output: request.output, terminal: false, kind: "step" } as const;
    return this.#withStep(request, how, signal, async (plan, exitCode) => {
      if (exitCode !== 0 || request.capture === undefined) return { exitCode };
      const layer = await capture(plan.upper, request.capture, signal);
      return layer === undefined ? { exitCode } : { exitCode, layer };
    });
  }

  async runContainer(request: ContainerRequest, signal: AbortSignal): Promise<number> {
    return this.#withStep(
      request,
      { ...request, kind: "container" },
      signal,
      async (_plan, exitCode) => exitCode,
    );
  }

  remove(directory: string): Promise<void> {
    return removeTree(directory);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#state[Symbol.asyncDispose]();
  }

  async #withStep<T>(
    command: SandboxCommand,
    how: HowToRun,
    signal: AbortSignal,
    use: (plan: StepPlan, exitCode: number) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const { starter, tools, rootless } = this.#options;
    await using step = await this.#state.step(command.id);
    const plan = planStep(command, {
      directory: step.path,
      capabilities: availableCapabilities(),
      terminal: how.terminal,
      ownMounts: ownMounts(step.path, command, how.kind),
      rootless,
    });
    const exitCode = await runStep(plan, { ...how, starter, tools, rootless }, signal);
    return await use(plan, exitCode);
  }

  #warn(message: string): void {
    this.#options.emit({ type: "warning", code: "EXECUTOR", message });
  }
}

/** Packs what changed and moves it to its place as a snapshot; undefined where nothing changed. */
async function capture(
  upper: string,
  { tar, snapshot, clampTime, discard = [] }: NonNullable<ExecRequest["capture"]>,
  signal: AbortSignal,
): Promise<ExecOutcome["layer"]> {
  const entries = captureUpper(upper, {
    clampTime,
    clampOnDisk: true,
    discard: await discardMatcher(discard),
  });
  if (entries.length === 0) return undefined;
  const layer = await packLayerTo(entries, tar, signal);
  fs.utimesSync(upper, clampTime, clampTime);
  try {
    fs.renameSync(upper, snapshot);
  } catch (cause) {
    throw new TsdockError("EXECUTOR_FAILED", `the changed files cannot be moved to ${snapshot}`, {
      hint: "the executor's state and the snapshots must be on one file system",
      cause,
    });
  }
  return layer;
}
