import vm from "node:vm";

/** The code below finds there what it is to call. */
const key = Symbol.for("tsdock.limited");
let script: vm.Script | undefined;

/** Whether something was ended because its time was up. */
export const isTimeUp = (error: unknown): boolean =>
  error instanceof Error && (error as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT";

/**
 * Runs code of others on this thread, where nothing else could end it: no timer and no handler of a signal runs while a loop does.
 * Throws an error for `isTimeUp` after `ms`, which that code cannot catch; nothing of its `finally` runs.
 */
export function limitTime<Result>(ms: number, run: () => Result): Result {
  script ??= new vm.Script('globalThis[Symbol.for("tsdock.limited")]()');
  const place = globalThis as unknown as Record<symbol, () => Result>;
  place[key] = run;
  try {
    return script.runInThisContext({ timeout: ms }) as Result;
  } finally {
    Reflect.deleteProperty(place, key);
  }
}
