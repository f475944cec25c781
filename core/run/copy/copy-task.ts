import type { SentError } from "../../build/native/child-protocol.ts";

/** What the process that copies is told. Paths of this machine are absolute, ends as `/` and `/.` kept; `-` is a stream. */
export interface CopyTask {
  /** The store's directory, and the container's id and name. */
  readonly home: string;
  readonly id: string;
  readonly name: string;
  readonly searchPath: string;
  readonly direction: "in" | "out";
  readonly inside: string;
  readonly outside: string;
  readonly followLink: boolean;
  readonly keepOwners: boolean;
  /** Its first process; undefined where it does not run: then its files are mounted. */
  readonly running: { readonly pid: number; readonly start: string } | undefined;
}

export type FromCopier =
  | { readonly type: "copied"; readonly bytes: number }
  | { readonly type: "failed"; readonly error: SentError };
