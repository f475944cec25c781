import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { receivedError } from "../../build/native/child-protocol.ts";
import type { HostTools } from "../../build/native/host-tools.ts";
import { exitOf } from "../../build/native/start-sandbox.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import { sourceLoader } from "../../oci/layer/layer-pool.ts";
import type { ContainerInput } from "../sandbox/open-early.ts";
import type { FromSupervisor, SupervisorTask } from "./supervisor-protocol.ts";

export interface StartSupervisorOptions {
  /** The store's directory and the container's id: in its command line everybody sees whose it is. */
  readonly home: string;
  readonly id: string;
  /** Its streams are those of this process, and it ends with it. */
  readonly attached: boolean;
  /** Opens namespaces for a container with this input, before it is told of one. */
  readonly early?: ContainerInput | undefined;
  /** Programs and arguments that enter the user namespace of rootless containers; empty as root. */
  readonly entrance: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Gets what the container writes; unless given, an attached one has the streams of this process. */
  readonly output?: OutputSink;
}

/** A supervisor that has nothing to do yet. It ends with this process, or when it is dismissed. */
export interface IdleSupervisor {
  /** Called once. */
  readonly run: (task: Omit<SupervisorTask, "attached">) => StartedSupervisor;
  readonly dismiss: () => void;
}

export interface StartedSupervisor {
  /** Settles when the container's command runs; fails as it did. Gives its process id. */
  readonly started: Promise<number>;
  /** The container's exit code. */
  readonly exit: Promise<number>;
  readonly send: (signal: NodeJS.Signals) => void;
}

/** The process of a container that is still to be made, so that it starts meanwhile; as root only: others must know its network. */
export const prepareSupervisor = (
  home: string,
  id: string,
  tools: HostTools,
  early: ContainerInput | undefined,
): IdleSupervisor | undefined =>
  process.geteuid?.() === 0
    ? startSupervisor({ home, id, attached: false, early, entrance: [], environment: tools.environment })
    : undefined;

/** Starts the process that runs a container. It has a session of its own: what a terminal sends reaches us alone. */
export function startSupervisor(options: StartSupervisorOptions): IdleSupervisor {
  const { attached, environment, output } = options;
  const [program = process.execPath, ...args] = command(options);
  const input = attached ? "inherit" : "ignore";
  const streams = output === undefined ? input : "pipe";
  const child = spawn(program, args, {
    cwd: "/",
    env: { ...environment },
    stdio: [input, streams, streams, "ipc"],
    detached: true,
  });
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.on("data", (chunk: Buffer) => void output?.(name, chunk));
  const exit = exitOf(child);
  // Whoever runs something in it gets it.
  exit.catch(() => undefined);
  return {
    run: (task) => {
      // One that has ended says so below.
      child.send({ ...task, attached } satisfies SupervisorTask, () => undefined);
      return started(child, exit, attached);
    },
    dismiss: () => {
      if (child.connected) child.disconnect();
      child.unref();
    },
  };
}

function started(child: ChildProcess, exit: Promise<number>, attached: boolean): StartedSupervisor {
  const started = new Promise<number>((resolve, reject) => {
    child.on("message", (message: FromSupervisor) => {
      if (message.type === "started") resolve(message.pid);
      else reject(receivedError(message.error));
    });
    child.once("error", reject);
    // A message that it sent before comes before.
    if (child.exitCode === null && child.signalCode === null) child.once("close", () => reject(ended()));
    else reject(ended());
  });
  if (!attached) leave(child, started);
  return { started, exit, send: (signal) => void child.kill(signal) };
}

function command({ attached, early, entrance, home, id }: StartSupervisorOptions): readonly string[] {
  const bundled = fileURLToPath(new URL("./container-supervisor.cjs", import.meta.url));
  const source = fileURLToPath(new URL("./container-supervisor-process.ts", import.meta.url));
  const script = fs.existsSync(bundled) ? [bundled] : ["--import", sourceLoader(), source];
  // Entering a user namespace undoes the tie: the kernel forgets it where capabilities are gained.
  const tie = attached ? ["setpriv", "--pdeathsig", "KILL"] : [];
  return [
    ...entrance,
    ...tie,
    process.execPath,
    ...script,
    home,
    id,
    ...(early === undefined ? [] : [early]),
  ];
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
