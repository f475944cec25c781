import type { RestartPolicy } from "../state/container-record.ts";

const firstDelayMs = 100;
const longestDelayMs = 60_000;
/** A container that lived this long is taken to work: the next pause is the first again. */
const steadyMs = 10_000;

/** How long to wait before a container is started again, in milliseconds; undefined where it is not. */
export function restartDelay(
  policy: RestartPolicy,
  ended: { readonly exitCode: number; readonly livedMs: number; readonly restartCount: number },
): number | undefined {
  if (policy.name === "no") return undefined;
  if (policy.name === "on-failure") {
    if (ended.exitCode === 0) return undefined;
    if (policy.maximumRetryCount > 0 && ended.restartCount >= policy.maximumRetryCount) return undefined;
  }
  if (ended.livedMs >= steadyMs) return firstDelayMs;
  return Math.min(firstDelayMs * 2 ** Math.min(ended.restartCount, 20), longestDelayMs);
}
