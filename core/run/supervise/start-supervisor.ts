import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { receivedError } from "../../build/native/child-protocol.ts";
import { exitOf } from "../../build/native/start-sandbox.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { sourceLoader } from "../../oci/layer/layer-pool.ts";
import type { FromSupervisor, SupervisorTask } from "./supervisor-protocol.ts";

export interface StartSupervisorOptions {
  readonly task: SupervisorTask;
  /** Programs and arguments that enter the user namespace of rootless containers; empty as root. */
  readonly entrance: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface StartedSupervisor {
  /** Settles when the container's command runs; fails as it did. Gives its process id. */
  readonly started: Promise<number>;
  /** The container's exit code. */
  readonly exit: Promise<number>;
  readonly send: (signal: NodeJS.Signals) => void;
}

/** Starts the process that runs a container. It has a session of its own: what a terminal sends reaches us alone. */
export function startSupervisor(options: StartSupervisorOptions): StartedSupervisor {
  const { task, entrance, environment } = options;
  const [program = process.execPath, ...args] = command(task, entrance);
  const streams = task.attached ? "inherit" : "ignore";
  const child = spawn(program, args, {
    cwd: "/",
    env: { ...environment },
    stdio: [streams, streams, streams, "ipc"],
    detached: true,
  });
  const exit = exitOf(child);
  const started = new Promise<number>((resolve, reject) => {
    child.on("message", (message: FromSupervisor) => {
      if (message.type === "started") resolve(message.pid);
      else reject(receivedError(message.error));
    });
    child.once("error", reject);
    // A message that it sent before comes before.
    child.once("close", () => reject(ended()));
  });
  if (!task.attached) leave(child, started);
  return { started, exit, send: (signal) => void child.kill(signal) };
}

function command(task: SupervisorTask, entrance: readonly string[]): readonly string[] {
  const bundled = fileURLToPath(new URL("./container-supervisor.js", import.meta.url));
  const source = fileURLToPath(new URL("./container-supervisor.ts", import.meta.url));
  const script = fs.existsSync(bundled) ? [bundled] : ["--import", sourceLoader(), source];
  // Entering a user namespace undoes the tie: the kernel forgets it where capabilities are gained.
  const tie = task.attached ? ["setpriv", "--pdeathsig", "KILL"] : [];
  return [...entrance, ...tie, process.execPath, ...script, JSON.stringify(task)];
}

/** When it has begun, nothing of it keeps us. */
function leave(child: ChildProcess, started: Promise<number>): void {
  const go = (): void => {
    if (child.connected) child.disconnect();
    child.unref();
  };
  started.then(go, go);
}

const ended = (): TsdockError =>
  new TsdockError("EXECUTOR_FAILED", "the process that runs the container ended early", {
    hint: "if nobody ended it, the machine may have run out of memory: see its log",
  });
