import type { EventSink } from "../../events.ts";
import { pause } from "./pause.ts";

export interface RetryPolicy {
  /** Consecutive failures that are borne; the next one is final. */
  readonly failures: number;
  /** Milliseconds before the second try; doubled for each one after it. */
  readonly baseMs: number;
  /** Longest pause that we choose ourselves. */
  readonly maxMs: number;
  /** Longest pause that a registry may ask for. */
  readonly maxRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  failures: 6,
  baseMs: 250,
  maxMs: 15_000,
  maxRetryAfterMs: 120_000,
};

/** Statuses that another try may cure. */
export const isTransientStatus = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);

/** Milliseconds of a `Retry-After` header (RFC 9110, 10.2.3): seconds or a date. Undefined where it is neither. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Milliseconds to wait before another try. Half of the exponential pause is left to chance, so that many clients
 * that failed together do not come back together. `failure` counts from 1.
 */
export function retryDelay(
  policy: RetryPolicy,
  failure: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, policy.maxRetryAfterMs);
  const pause = Math.min(policy.maxMs, policy.baseMs * 2 ** (failure - 1));
  return Math.round(pause * (0.5 + random() / 2));
}

/** Counts consecutive failures of one undertaking; progress forgives them all. */
export class RetryBudget {
  readonly #policy: RetryPolicy;
  readonly #emit: EventSink;
  readonly #what: string;
  #failures = 0;

  constructor(policy: RetryPolicy, emit: EventSink, what: string) {
    this.#policy = policy;
    this.#emit = emit;
    this.#what = what;
  }

  /** Something arrived. */
  progress(): void {
    this.#failures = 0;
  }

  /** Waits before the next try; false, at once, if none is left. Rejects with the signal's reason when aborted. */
  async spend(
    reason: string,
    retryAfterMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    this.#failures += 1;
    if (this.#failures > this.#policy.failures) return false;
    const delayMs = retryDelay(this.#policy, this.#failures, retryAfterMs);
    this.#emit({ type: "retry", what: this.#what, reason, delayMs, attempt: this.#failures + 1 });
    await pause(delayMs, signal);
    return true;
  }
}
