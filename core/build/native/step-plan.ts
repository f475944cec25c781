import type { RuntimeMount, RuntimeProcess } from "../../oci/runtime/runtime-spec.ts";
import type { SandboxNetwork } from "../../oci/runtime/sandbox.ts";

/** An overlay to mount, relative to the step's directory. */
export interface OverlayMount {
  /** Short names of its lower directories, topmost first. */
  readonly lower: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly target: string;
  /** What is written must be on the disk when its writer was told so. */
  readonly durable?: boolean;
}

/** A file that exists in memory only: it travels through a socket into a tmpfs of the command's own mount namespace. */
export interface MemoryFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A mount as the runtime makes it, with the kind of file that it is mounted on. */
export interface PlannedMount extends RuntimeMount {
  readonly kind: "directory" | "file";
}

/** All that a sandbox needs, settled before anything is started. */
export interface StepPlan {
  readonly id: string;
  /** Absolute: the working directory of the script, holding the names below. */
  readonly directory: string;
  /** Absolute: where changes to the root file system are. */
  readonly upper: string;
  /** The root first. */
  readonly overlays: readonly OverlayMount[];
  readonly files: readonly MemoryFile[];
  readonly mounts: readonly PlannedMount[];
  readonly process: RuntimeProcess;
  readonly hostname: string;
  readonly network: SandboxNetwork;
}

/** The tmpfs for the runtime's configuration and secrets. */
export const memoryDirectory = "mem";
export const mergedDirectory = "merged";
export const upperDirectory = "upper";
/** What went wrong before the command began: of the script, and of the runtime. */
export const setupLog = "setup.log";
export const runtimeLog = "runtime.log";
