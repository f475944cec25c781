import path from "node:path";
import type { RuntimeName } from "../build/native/native-options.ts";
import type { Executor } from "../build/executor.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";

export interface LazyExecutor extends AsyncDisposable {
  /** Starts the executor at the first call. Error `EXECUTOR_UNAVAILABLE`. */
  readonly get: () => Promise<Executor>;
}

const runtimes = ["crun", "runc", "kernel"] as const;

/** Error `USAGE`. */
export function runtimeNamed(text: string | undefined): RuntimeName | undefined {
  const found = runtimes.find((one) => one === text);
  if (text === undefined || found !== undefined) return found;
  throw new TsdockError("USAGE", `there is no runtime ${text}`, { hint: `one of ${runtimes.join(", ")}` });
}

/** The native executor, started when the first step has to run: most builds run nothing. */
export function createLazyExecutor({
  host,
  runtime,
}: {
  readonly host: Host;
  readonly runtime: string | undefined;
}): LazyExecutor {
  const chosen = runtimeNamed(runtime);
  let started: Promise<Executor> | undefined;
  const start = async (): Promise<Executor> => {
    const { createNativeExecutor } = await import("../build/native/native-executor.ts");
    const stateDirectory = path.join(storeDirectory(host), "sandbox");
    return createNativeExecutor({
      stateDirectory,
      emit: host.emit,
      env: host.env,
      ...(chosen === undefined ? {} : { runtime: chosen }),
    });
  };
  return {
    get: () => (started ??= start()),
    async [Symbol.asyncDispose]() {
      const executor = await started?.catch(() => undefined);
      await executor?.[Symbol.asyncDispose]();
    },
  };
}
