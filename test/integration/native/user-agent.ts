import { createNativeExecutor } from "../../../core/build/native/native-executor.ts";
import type { RuntimeName } from "../../../core/build/native/native-options.ts";
import { childrenOf } from "../../../core/build/native/start-sandbox.ts";
import { type Captured, execute, type TestRequest } from "./support.ts";

/** What the process of another user is asked to do. */
export interface AgentTask {
  readonly directory: string;
  readonly runtime: RuntimeName | undefined;
  readonly requests: readonly TestRequest[];
  /** Layers to unpack first, each to the directory beside it. */
  readonly unpack?: readonly { readonly tar: string; readonly to: string }[];
  /** Runs the requests again and again until it is killed. */
  readonly forever?: boolean;
  /** Kills the process that is to run the requests, and asks for all of them before it can know. */
  readonly losesChild?: boolean;
}

export type AgentAnswer =
  | { readonly type: "begun" }
  | { readonly type: "done"; readonly results: readonly Captured[]; readonly describe: string }
  | { readonly type: "failed"; readonly code: string | undefined; readonly message: string };

async function perform(task: AgentTask): Promise<AgentAnswer> {
  const { directory, runtime, requests } = task;
  await using executor = await createNativeExecutor({
    stateDirectory: `${directory}/state`,
    emit: () => {},
    runtime,
  });
  for (const { tar, to } of task.unpack ?? []) await executor.unpack(tar, to, new AbortController().signal);
  if (task.losesChild === true) {
    await executor.describe();
    for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    await Promise.any(requests.map((request) => execute(executor, directory, request))).catch(
      (error: AggregateError) => Promise.reject(error.errors[0] as Error),
    );
  }
  const results: Captured[] = [];
  do {
    process.send?.({ type: "begun" } satisfies AgentAnswer);
    for (const request of requests) results.push(await execute(executor, directory, request));
  } while (task.forever === true);
  return { type: "done", results, describe: await executor.describe() };
}

process.once("message", (task) => {
  perform(task as AgentTask)
    .catch(
      (error: Error & { readonly code?: string; readonly details?: string }): AgentAnswer => ({
        type: "failed",
        code: error.code,
        message: `${error.message}\n${error.details ?? error.stack}`,
      }),
    )
    .then((answer) => process.send?.(answer, () => process.disconnect()))
    .catch(() => process.exit(1));
});
