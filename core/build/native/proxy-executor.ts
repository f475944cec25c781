import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import { sourceLoader } from "../../oci/layer/layer-pool.ts";
import type { ContainerRequest, OutputSink } from "../../oci/runtime/sandbox.ts";
import type { ExecOutcome, ExecRequest } from "../executor.ts";
import {
  type CallName,
  type ChildCalls,
  type FromChild,
  receivedError,
  type ToChild,
} from "./child-protocol.ts";
import type { HostTools } from "./host-tools.ts";
import type { NativeExecutor, NativeExecutorOptions } from "./native-options.ts";

interface Pending {
  readonly resolve: (value: ChildCalls[CallName]["result"]) => void;
  readonly reject: (error: unknown) => void;
  readonly output?: OutputSink | undefined;
  readonly started?: (() => void) | undefined;
}

/** Starts the child that is root of a user namespace. Error `EXECUTOR_UNAVAILABLE` where it does not come up. */
export async function startProxyExecutor(
  options: NativeExecutorOptions,
  tools: HostTools,
): Promise<NativeExecutor> {
  for (const name of ["setpriv", "unshare", "newuidmap", "newgidmap"]) {
    if (tools.find(name) === undefined) throw unavailable(`${name} is not installed`);
  }
  fs.mkdirSync(options.stateDirectory, { recursive: true });
  tryUserNamespace(tools);
  const child = spawn("setpriv", childArguments(), {
    env: { ...tools.environment },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    serialization: "advanced",
    detached: true,
  });
  await untilReady(child);
  const { stateDirectory, runtime } = options;
  const executor = new ProxyExecutor(child, options.emit);
  executor.open({ stateDirectory, runtime, env: tools.environment });
  return executor;
}

const userNamespace = ["unshare", "--user", "--map-root-user", "--map-auto"] as const;

/** Tried once on its own, so that what the programs say about it goes into the error and not to the terminal. */
function tryUserNamespace(tools: HostTools): void {
  const [program, ...args] = userNamespace;
  const { status, stderr, error } = spawnSync(program, [...args, "true"], {
    env: { ...tools.environment },
    encoding: "utf8",
  });
  if (status !== 0) throw unavailable(error?.message ?? stderr.trim());
}

function childArguments(): string[] {
  const bundled = fileURLToPath(new URL("./sandbox-child.js", import.meta.url));
  const isBundled = fs.existsSync(bundled);
  const source = fileURLToPath(new URL("./sandbox-child.ts", import.meta.url));
  const script = isBundled ? [bundled] : ["--import", sourceLoader(), source];
  return ["--pdeathsig", "KILL", ...userNamespace, process.execPath, ...script];
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("error", (error) => reject(unavailable(error.message)));
    child.once("exit", (code, signal) => reject(unavailable(`the process ended early (${code ?? signal})`)));
  });
}

const unavailable = (reason: string): TsdockError =>
  new TsdockError("EXECUTOR_UNAVAILABLE", "commands cannot be run on an image's files by this user", {
    details: `a user namespace with a range of users: ${reason}`,
    hint: "as root: `apt-get install uidmap crun`, and give the user a range in /etc/subuid and /etc/subgid (usermod --add-subuids 100000-165535 --add-subgids 100000-165535 NAME)",
  });

/** An executor whose work is done by the child. */
class ProxyExecutor implements NativeExecutor {
  readonly name = "native";
  readonly #child: ChildProcess;
  readonly #emit: EventSink;
  readonly #pending = new Map<number, Pending>();
  #count = 0;

  constructor(child: ChildProcess, emit: EventSink) {
    this.#child = child;
    this.#emit = emit;
    child.on("message", (message) => this.#receive(message as FromChild));
    child.once("exit", () => this.#lost());
    this.#rest();
  }

  open(options: Extract<ToChild, { type: "open" }>["options"]): void {
    this.#send({ type: "open", options });
  }

  describe(): Promise<string> {
    return this.#call("describe", {});
  }

  async unpack(tar: string, directory: string, signal: AbortSignal): Promise<void> {
    await this.#call("unpack", { tar, directory }, signal);
  }

  exec({ output, ...request }: ExecRequest, signal: AbortSignal): Promise<ExecOutcome> {
    return this.#call("exec", { request }, signal, { output });
  }

  runContainer({ output, onStart, ...request }: ContainerRequest, signal: AbortSignal): Promise<number> {
    const inherit = output === "inherit";
    const id = this.#count + 1;
    const sender = (name: NodeJS.Signals): void => this.#send({ type: "signal", id, signal: name });
    return this.#call("container", { request, inherit }, signal, {
      ...(inherit ? {} : { output }),
      started: () => onStart?.(sender),
    });
  }

  async remove(directory: string): Promise<void> {
    await this.#call("remove", { directory });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#work();
    this.#send({ type: "close" });
    await exit;
  }

  async #call<Name extends CallName>(
    name: Name,
    args: ChildCalls[Name]["args"],
    signal?: AbortSignal,
    sinks: Pick<Pending, "output" | "started"> = {},
  ): Promise<ChildCalls[Name]["result"]> {
    const id = ++this.#count;
    signal?.throwIfAborted();
    if (!this.#child.connected) throw childGone();
    const abort = (): void => this.#send({ type: "abort", id });
    signal?.addEventListener("abort", abort, { once: true });
    this.#work();
    try {
      const value = await new Promise<ChildCalls[CallName]["result"]>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, ...sinks });
        this.#send({ type: "call", id, name, args } as ToChild);
      });
      return value;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#pending.delete(id);
      if (this.#pending.size === 0) this.#rest();
    }
  }

  #send(message: ToChild): void {
    // One that has ended takes nothing: its end is told to all who wait.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #receive(message: FromChild): void {
    if (message.type === "event") {
      this.#emit(message.event);
      return;
    }
    if (message.type === "ready") return;
    const pending = this.#pending.get(message.id);
    switch (message.type) {
      case "output":
        void pending?.output?.(message.stream, message.chunk);
        return;
      case "started":
        return pending?.started?.();
      case "result":
        return pending?.resolve(message.value);
      case "error":
        return pending?.reject(receivedError(message.error));
    }
  }

  #lost(): void {
    for (const { reject } of this.#pending.values()) reject(childGone());
  }

  /** A child with nothing to do does not keep this process alive. */
  #rest(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  #work(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }
}

const childGone = (): TsdockError =>
  new TsdockError("EXECUTOR_FAILED", "the process that runs commands for this user ended", {
    hint: "if nobody ended it, the machine may have run out of memory: see its log",
  });
