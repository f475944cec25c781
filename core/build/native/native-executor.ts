import type { ContainerRequest } from "../../oci/runtime/sandbox.ts";
import type { ExecOutcome, ExecRequest } from "../executor.ts";
import { findLocalExecutor } from "./find-starter.ts";
import { HostTools } from "./host-tools.ts";
import { isInitialNamespace } from "./initial-namespace.ts";
import type { NativeExecutor, NativeExecutorOptions } from "./native-options.ts";

/**
 * The executor of this machine. Nothing is tried or started before the first call that needs it: as root the work is
 * done here, as another user in a child process that is root of a user namespace.
 * Every method may fail with `EXECUTOR_UNAVAILABLE`, which tells what was tried and what would help.
 */
export async function createNativeExecutor(options: NativeExecutorOptions): Promise<NativeExecutor> {
  return new LazyExecutor(options);
}

/** The executor for this process's own user. */
export async function openExecutor(options: NativeExecutorOptions): Promise<NativeExecutor> {
  const tools = new HostTools(options.env?.PATH);
  if (process.geteuid?.() === 0)
    return findLocalExecutor({ ...options, tools, rootless: !isInitialNamespace() });
  const { startProxyExecutor } = await import("./proxy-executor.ts");
  return startProxyExecutor(options, tools);
}

class LazyExecutor implements NativeExecutor {
  readonly name = "native";
  readonly #options: NativeExecutorOptions;
  #opened: Promise<NativeExecutor> | undefined;

  constructor(options: NativeExecutorOptions) {
    this.#options = options;
  }

  #open(): Promise<NativeExecutor> {
    this.#opened ??= openExecutor(this.#options);
    return this.#opened;
  }

  async describe(): Promise<string> {
    return (await this.#open()).describe();
  }

  async unpack(tar: string, directory: string, signal: AbortSignal): Promise<void> {
    return (await this.#open()).unpack(tar, directory, signal);
  }

  async exec(request: ExecRequest, signal: AbortSignal): Promise<ExecOutcome> {
    return (await this.#open()).exec(request, signal);
  }

  async runContainer(request: ContainerRequest, signal: AbortSignal): Promise<number> {
    return (await this.#open()).runContainer(request, signal);
  }

  async remove(directory: string): Promise<void> {
    return (await this.#open()).remove(directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    // One that could not be opened has said so to whoever called it, and holds nothing.
    const [outcome] = await Promise.allSettled([opened]);
    if (outcome.status === "fulfilled") await outcome.value[Symbol.asyncDispose]();
  }
}
