import type { HostTools } from "../build/native/host-tools.ts";
import type { OpenSandbox } from "../build/native/start-sandbox.ts";
import type { OutputSink } from "../oci/runtime/sandbox.ts";
import type { IdleSupervisor } from "../run/supervise/start-supervisor.ts";
import type { ContainerLife } from "../run/supervise/start.ts";
import type { FoundImage } from "./find-image.ts";

/** Who is at the other end of a container's streams. */
export interface ContainerStreams {
  readonly inputIsTerminal: boolean;
  readonly write: OutputSink;
  /** Signals go to the container until it is disposed. */
  readonly takeSignals: (send: (signal: NodeJS.Signals) => void) => Disposable;
  /** Everything it writes goes to `write`, and nothing to the streams of this process. */
  readonly captured?: true;
  /** Whether this process may be the supervisor of a detached container; not unless given. */
  readonly mayStay?: () => boolean;
}

/** What is known of an image besides how it was asked for. */
export interface RunBase {
  /** The image itself, which need not have a name. */
  readonly found?: FoundImage;
  /** Directories that lie on its layers, lowest first: what earlier containers of it changed. */
  readonly changes?: readonly string[];
  /** The network where none was asked for; where nothing can be isolated, that of this machine. */
  readonly network?: string;
}

export type RunOutcome =
  | { readonly kind: "exited"; readonly exitCode: number }
  | {
      readonly kind: "detached";
      readonly id: string;
      /** Where this process supervises it: it must go on until that has ended. */
      readonly life?: ContainerLife;
    };

/** Exit code of a container that never began, as docker has it. */
export const runFailureExitCode = 125;

/** What a container will need whatever comes out, started before anything else is loaded. */
export interface Begun {
  readonly id: string;
  readonly tools: HostTools;
  /** The process of a detached one. */
  readonly supervisor: IdleSupervisor | undefined;
  /** The namespaces of one that this process supervises. */
  readonly opened: OpenSandbox | undefined;
}
