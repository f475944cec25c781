import type { OutputSink, SandboxCommand, SandboxMount } from "../oci/runtime/sandbox.ts";
import type { Digest } from "../oci/spec/digest.ts";

export type { SandboxMount };

/** A command of a build. Its `user` is as declared, its `lower` what `Executor.unpack` made. */
export interface ExecRequest extends SandboxCommand {
  /** What is kept: absent means nothing is. */
  readonly capture?: {
    /** File to write the layer's tar to. */
    readonly tar: string;
    /** Directory to leave the changed files in, in the form `unpack` leaves; it does not exist yet. */
    readonly snapshot: string;
    /** Later times are set to this: seconds since 1970. */
    readonly clampTime: number;
    /** Changed files that are left out, as glob patterns on absolute paths: logs with times in them, caches. */
    readonly discard?: readonly string[];
  };
  readonly output: OutputSink;
}

export interface ExecOutcome {
  /** As a shell has it: 128 + n for signal n. */
  readonly exitCode: number;
  /** Present where the command succeeded, `capture` was asked for and something changed. */
  readonly layer?: { readonly diffId: Digest; readonly size: number };
}

/** Runs commands on stacks of snapshots. The solver knows no more than this of how. */
export interface Executor extends AsyncDisposable {
  readonly name: string;
  /** One line for people and `doctor`: `overlayfs and crun, as root`. */
  describe(): Promise<string>;
  /** Unpacks the uncompressed tar of one layer into `directory` (created) as a lower directory. */
  unpack(tar: string, directory: string, signal: AbortSignal): Promise<void>;
  exec(request: ExecRequest, signal: AbortSignal): Promise<ExecOutcome>;
  /** Removes a directory that `unpack` or `exec` made: its files may belong to other users. */
  remove(directory: string): Promise<void>;
}
