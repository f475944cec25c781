import type { SentError } from "../../build/native/child-protocol.ts";

/** What a supervisor is told through its channel, once there is a container; it has loaded all that it needs by then. */
export interface SupervisorTask {
  /** The store's directory. */
  readonly home: string;
  readonly id: string;
  /** Where programs are looked for. */
  readonly searchPath: string;
  /** Its streams are those of whoever started it, and it ends with that process. */
  readonly attached: boolean;
}

export type FromSupervisor =
  | { readonly type: "started"; readonly pid: number }
  | { readonly type: "failed"; readonly error: SentError };
