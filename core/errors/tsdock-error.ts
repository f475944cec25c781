import { type ErrorCode, exitCodeOf } from "./codes.ts";
import type { Place } from "./place.ts";

const brand = Symbol.for("tsdock.error");

export interface ErrorDetails {
  /** Where in the user's files the mistake is. */
  readonly place?: Place | undefined;
  /** What to do next, in one line. */
  readonly hint?: string | undefined;
  /** Text of several lines to show below the message: the log of a failed RUN, both places of a duplicate. */
  readonly details?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An expected failure: what is wrong, where, why, and what to do next. Anything else that is thrown is a bug.
 * Branded, so that two copies of the package recognise each other's errors.
 */
export class TsdockError extends Error {
  readonly code: ErrorCode;
  readonly place: Place | undefined;
  readonly hint: string | undefined;
  readonly details: string | undefined;
  readonly [brand] = true;

  constructor(code: ErrorCode, message: string, extra: ErrorDetails = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = "TsdockError";
    this.code = code;
    this.place = extra.place;
    this.hint = extra.hint;
    this.details = extra.details;
  }

  /** The exit code of the process when this error ends it: see `codes.ts`. */
  get exitCode(): number {
    return exitCodeOf(this.code);
  }
}

/** Several failures found in one go; the command line prints each of them. */
export class TsdockErrors extends Error {
  readonly errors: readonly TsdockError[];
  constructor(errors: readonly TsdockError[]) {
    super(errors.map((error) => error.message).join("\n"));
    this.name = "TsdockErrors";
    this.errors = errors;
  }

  get exitCode(): number {
    return Math.min(...this.errors.map((error) => error.exitCode));
  }
}

export const isTsdockError = (value: unknown): value is TsdockError =>
  typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;

/** Throws nothing for an empty list, the error itself for one, `TsdockErrors` for more. */
export function throwAll(errors: readonly TsdockError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw errors.length === 1 ? first : new TsdockErrors(errors);
}
