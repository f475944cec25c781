import type { EventSink } from "../../events.ts";
import type { Sandbox } from "../../oci/runtime/sandbox.ts";
import type { Executor } from "../executor.ts";

export type RuntimeName = "crun" | "runc" | "kernel";

export interface NativeExecutorOptions {
  /** Absolute; created. On the file system of the snapshots; leftovers of processes that died are removed from it. */
  readonly stateDirectory: string;
  readonly emit: EventSink;
  /** What starts commands; the first of crun, runc and the kernel's own tools that works, unless given. */
  readonly runtime?: RuntimeName | undefined;
  /** Only `PATH` is read: where programs are looked for before the system's own directories. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Runs the steps of builds and containers alike. */
export interface NativeExecutor extends Executor, Sandbox {}
