import type { Cleanup } from "../../util/cleanup.ts";
import type { SandboxMount } from "../executor.ts";

/** What a mount gives to a command that starts now. */
export interface OpenedMount {
  readonly mounts: readonly SandboxMount[];
  /** `NAME=value`. */
  readonly env: readonly string[];
}

export interface PlannedMount {
  /** Unique in its RUN. */
  readonly name: string;
  /** What of it can change the command's output: not a secret's value, not a cache's content. */
  readonly key: string;
  /** Whatever must be given back when the command is done goes on the stack. */
  open(stack: Cleanup): Promise<OpenedMount>;
}
