import fs from "node:fs";
import path from "node:path";
import type { HostTools } from "../../build/native/host-tools.ts";
import { kernelEnvironment, kernelNamespaces, kernelScript } from "../../build/native/kernel-script.ts";
import { hideHybridCgroups } from "../../build/native/sandbox-script.ts";
import { runtimeFailure } from "../../build/native/runtime-log.ts";
import type { Starter } from "../../build/native/run-step.ts";
import {
  openSandbox,
  type OpenSandbox,
  type SandboxProcess,
  startSandbox,
} from "../../build/native/start-sandbox.ts";
import { cgroupParent } from "../../build/native/state-directory.ts";
import {
  memoryDirectory,
  mergedDirectory,
  runtimeLog,
  type StepPlan,
  setupLog,
} from "../../build/native/step-plan.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { runtimeSpec, runtimeText } from "../../oci/runtime/runtime-spec.ts";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import { containerScript, type InsideCommand, mountWork } from "./container-script.ts";

export interface StartContainerOptions {
  readonly starter: Starter;
  readonly tools: HostTools;
  readonly rootless: boolean;
  readonly readonlyRoot: boolean;
  readonly stdin: "ignore" | "inherit" | "hold";
  readonly output: OutputSink;
  readonly cgroups: readonly string[];
  /** A sandbox for it that was opened before it was known what would run, and was given its `earlyWork`: see `openEarly`. */
  readonly opened: OpenSandbox | undefined;
  /** Called with a process of the new network namespace, where the container has one that needs preparing. */
  readonly place: {
    readonly connect: (pid: number) => Promise<void>;
    readonly join: (pid: number) => Promise<void>;
    readonly inside: InsideCommand;
    readonly networkNamespace?: string;
  };
}

/** Starts a planned container in a sandbox of its own. */
export function startContainer(plan: StepPlan, options: StartContainerOptions): SandboxProcess {
  const { starter, tools, rootless, place, cgroups } = options;
  const { networkNamespace } = place;
  const net = plan.network === "prepared" && networkNamespace === undefined ? ["--net"] : [];
  const { stdin, output, opened } = options;
  const prepare = (connect: (pid: number) => Promise<void>) => async (pid: number) => {
    if (plan.network === "prepared") await connect(pid);
  };
  if (starter.name === "kernel") {
    return startSandbox({
      directory: plan.directory,
      stdin,
      output,
      networkNamespace,
      script: kernelScript({ plan, rootless, configSize: 0, piped: true }, tools),
      environment: kernelEnvironment(plan.process.env),
      namespaces: [...net, ...kernelNamespaces(plan)],
      payload: Buffer.concat(plan.files.map((file) => file.content)),
      prepare: prepare(place.connect),
    });
  }
  opened?.prepare(mountWork(plan, rootless));
  writeBundle(plan, options);
  const script = containerScript(
    {
      plan,
      rootless,
      cgroups,
      script: terminalProgram(plan, tools),
      inside: place.inside,
      isBegun: opened !== undefined,
    },
    starter,
  );
  fs.writeFileSync(path.join(plan.directory, scriptFile), `${script}\n`, { mode: 0o600 });
  const environment = tools.environment;
  const sandbox =
    opened ??
    openSandbox({
      environment,
      namespaces: net,
      networkNamespace,
      stdin,
      output: "piped",
      ahead: hideHybridCgroups(rootless),
    });
  return sandbox.run({
    directory: plan.directory,
    output,
    // A shell reads a file at once, and what comes through its socket byte by byte.
    script: `. ./${scriptFile}`,
    payload: new Uint8Array(),
    prepare: prepare(place.join),
  });
}

/** In the container's own directory. */
const scriptFile = "script";

/** What the runtime reads, and where it keeps its state: only this user can look into the container's directory. */
function writeBundle(plan: StepPlan, options: StartContainerOptions): void {
  const file = path.join(plan.directory, memoryDirectory, "config.json");
  fs.writeFileSync(file, runtimeText(specOf(plan, options)), { mode: 0o600 });
}

function terminalProgram(plan: StepPlan, tools: HostTools): string {
  if (!plan.process.terminal) return "";
  const found = tools.find("script");
  if (found !== undefined) return found;
  throw new TsdockError("UNSUPPORTED", "a terminal needs the program script, which is not installed", {
    hint: "install it (Debian: bsdutils; elsewhere: util-linux), or run without -t",
  });
}

const specOf = (plan: StepPlan, { starter, rootless, readonlyRoot }: StartContainerOptions): object =>
  runtimeSpec({
    process: plan.process,
    root: path.join(plan.directory, mergedDirectory),
    hostname: plan.hostname,
    mounts: plan.mounts.map(({ kind: _kind, ...mount }) => mount),
    network: plan.network,
    readonlyRoot,
    rootless,
    ...(starter.name === "runc" ? { cgroupsPath: `/${cgroupParent}/${plan.id}/run` } : {}),
  });

/**
 * Why a container never began; undefined where it did. Codes `CONTAINER_COMMAND_MISSING`, `CONTAINER_COMMAND_DENIED`,
 * `EXECUTOR_FAILED`.
 */
export function startFailure(
  plan: StepPlan,
  exit: { readonly exitCode: number; readonly isSetUp: boolean },
  runtime: string,
): TsdockError | undefined {
  if (!exit.isSetUp) {
    return new TsdockError("EXECUTOR_FAILED", "the container could not be set up", {
      details: readLog(plan, setupLog).trim(),
      hint: "`tsdock doctor` tells what this machine allows",
    });
  }
  const failure = exit.exitCode === 0 ? undefined : runtimeFailure(readLog(plan, runtimeLog));
  if (failure === undefined) return undefined;
  const [command = ""] = plan.process.argv;
  if (failure.exitCode === 127) {
    return new TsdockError(
      "CONTAINER_COMMAND_MISSING",
      `the container has no command ${command}: ${failure.message}`,
      {
        hint: "give another command after the image's name, or another --entrypoint",
      },
    );
  }
  if (failure.exitCode === 126) {
    return new TsdockError("CONTAINER_COMMAND_DENIED", `${command} cannot be executed: ${failure.message}`, {
      hint: "it must be an executable file of this machine's architecture that the container's user may run",
    });
  }
  return new TsdockError("EXECUTOR_FAILED", `${runtime} could not start the container: ${failure.message}`, {
    hint: "`tsdock doctor` tells what this machine allows",
  });
}

function readLog(plan: StepPlan, name: string): string {
  const file = path.join(plan.directory, name);
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}
