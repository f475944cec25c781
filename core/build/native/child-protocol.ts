import type { ErrorCode } from "../../errors/codes.ts";
import type { Place } from "../../errors/place.ts";
import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import type { TsdockEvent } from "../../events.ts";
import type { ContainerRequest } from "../../oci/runtime/sandbox.ts";
import type { ExecOutcome, ExecRequest } from "../executor.ts";
import type { NativeExecutorOptions } from "./native-options.ts";

/** What the child does on request: the methods of an executor, with all that cannot be sent left out. */
export interface ChildCalls {
  readonly describe: { readonly args: Readonly<Record<string, never>>; readonly result: string };
  readonly unpack: {
    readonly args: { readonly tar: string; readonly directory: string };
    readonly result: undefined;
  };
  readonly exec: {
    readonly args: { readonly request: Omit<ExecRequest, "output"> };
    readonly result: ExecOutcome;
  };
  readonly container: {
    readonly args: {
      readonly request: Omit<ContainerRequest, "output" | "onStart">;
      /** The child's standard streams are those of its parent. */
      readonly inherit: boolean;
    };
    readonly result: number;
  };
  readonly remove: { readonly args: { readonly directory: string }; readonly result: undefined };
}

export type CallName = keyof ChildCalls;

export type ToChild =
  | { readonly type: "open"; readonly options: Omit<NativeExecutorOptions, "emit"> }
  | {
      [Name in CallName]: {
        readonly type: "call";
        readonly id: number;
        readonly name: Name;
        readonly args: ChildCalls[Name]["args"];
      };
    }[CallName]
  | { readonly type: "abort"; readonly id: number }
  | { readonly type: "signal"; readonly id: number; readonly signal: NodeJS.Signals }
  | { readonly type: "close" };

export type FromChild =
  | { readonly type: "ready" }
  | {
      readonly type: "output";
      readonly id: number;
      readonly stream: "stdout" | "stderr";
      readonly chunk: Uint8Array;
    }
  | { readonly type: "started"; readonly id: number }
  | { readonly type: "result"; readonly id: number; readonly value: ChildCalls[CallName]["result"] }
  | { readonly type: "error"; readonly id: number; readonly error: SentError }
  | { readonly type: "event"; readonly event: TsdockEvent };

/** An error as data: a class does not survive the way. */
export interface SentError {
  readonly code: string | undefined;
  readonly message: string;
  readonly place: Place | undefined;
  readonly hint: string | undefined;
  readonly details: string | undefined;
  readonly stack: string | undefined;
}

const noDetails = { code: undefined, place: undefined, hint: undefined, details: undefined } as const;

export function sendableError(error: unknown): SentError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const { code, place, hint, details } = isTsdockError(error) ? error : noDetails;
  return { code, message, place, hint, details, stack };
}

export function receivedError({ code, message, place, hint, details, stack }: SentError): Error {
  const error =
    code === undefined
      ? new Error(message)
      : new TsdockError(code as ErrorCode, message, { place, hint, details });
  if (stack !== undefined) error.stack = stack;
  return error;
}
