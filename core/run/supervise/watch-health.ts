import { nowMs } from "../../util/now-ms.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { Healthcheck } from "../../oci/spec/image-config.ts";
import type { HealthLogEntry, HealthState } from "../state/container-record.ts";

/** Docker's own, in milliseconds. */
const defaults = { interval: 30_000, timeout: 30_000, startPeriod: 0, retries: 3 } as const;
/** Longer ones would be over at once (setTimeout of Node). */
const longestTimerMs = 2 ** 31 - 1;
const keptEntries = 5;
const keptOutput = 4096;

export interface HealthWatch {
  readonly check: Healthcheck;
  readonly shell: readonly string[];
  /** Runs the check; its exit code. */
  readonly run: (
    argv: readonly string[],
    output: (chunk: Uint8Array) => void,
    signal: AbortSignal,
  ) => Promise<number>;
  readonly report: (state: HealthState) => void;
  /** The container's end. */
  readonly ended: AbortSignal;
}

/** Checks a container until it ends, as docker does: the first time after one interval. */
export async function watchHealth({ check, shell, run, report, ended }: HealthWatch): Promise<void> {
  const argv = commandOf(check, shell);
  if (argv === undefined) return;
  const ms = (nanoseconds: number | undefined, usual: number): number =>
    nanoseconds === undefined || nanoseconds === 0 ? usual : Math.min(nanoseconds / 1e6, longestTimerMs);
  const began = nowMs();
  let state: HealthState = { status: "starting", failingStreak: 0, log: [] };
  report(state);
  while (await pause(ms(check.Interval, defaults.interval), ended)) {
    const entry = await checkOnce(argv, ms(check.Timeout, defaults.timeout), run, ended);
    if (ended.aborted) return;
    const isStarting =
      state.status === "starting" && nowMs() - began < ms(check.StartPeriod, defaults.startPeriod);
    state = nextState(state, entry, { isStarting, retries: check.Retries || defaults.retries });
    report(state);
  }
}

function commandOf({ Test = [] }: Healthcheck, shell: readonly string[]): readonly string[] | undefined {
  const [kind, ...args] = Test;
  if (kind === "CMD") return args;
  return kind === "CMD-SHELL" ? [...shell, args.join(" ")] : undefined;
}

/** Pure: what one result makes of the state before it. */
export function nextState(
  before: HealthState,
  entry: HealthLogEntry,
  { isStarting, retries }: { readonly isStarting: boolean; readonly retries: number },
): HealthState {
  const log = [...before.log, entry].slice(-keptEntries);
  if (entry.ExitCode === 0) return { status: "healthy", failingStreak: 0, log };
  if (isStarting) return { ...before, log };
  const failingStreak = before.failingStreak + 1;
  return { status: failingStreak >= retries ? "unhealthy" : before.status, failingStreak, log };
}

async function checkOnce(
  argv: readonly string[],
  timeout: number,
  run: HealthWatch["run"],
  ended: AbortSignal,
): Promise<HealthLogEntry> {
  const Start = new Date().toISOString();
  const chunks: Uint8Array[] = [];
  const limit = AbortSignal.timeout(Math.ceil(timeout));
  let ExitCode = -1;
  let reason = "";
  try {
    ExitCode = await run(argv, (chunk) => chunks.push(chunk), AbortSignal.any([limit, ended]));
  } catch (error) {
    reason = (error as Error).message;
  }
  const output = Buffer.concat(chunks).subarray(0, keptOutput).toString("utf8");
  const late = `Health check exceeded timeout (${timeout / 1000}s)`;
  return limit.aborted
    ? { Start, End: new Date().toISOString(), ExitCode: -1, Output: late }
    : { Start, End: new Date().toISOString(), ExitCode, Output: output + reason };
}

/** False where the container ended meanwhile. */
async function pause(ms: number, ended: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal: ended });
    return true;
  } catch {
    // Only the signal ends a sleep.
    return false;
  }
}
