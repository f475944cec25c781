import type { SentError } from "../../build/native/child-protocol.ts";
import type { TsdockEvent } from "../../events.ts";
import type { BuildOptions, BuildResult } from "../build-images.ts";
import type { ExplainedVertex } from "../why/explain-build.ts";
import type { Watched } from "./watched.ts";

/** What one round builds, as data. */
export interface RoundRequest {
  readonly options: Omit<BuildOptions, "explain">;
  readonly explain: boolean;
  /** Refuses a selection of several images. */
  readonly single: boolean;
  /** Absolute. */
  readonly cwd: string;
}

/** The entry points of the installation by specifier, as URLs: the argument that the worker is started with. */
export type SelfUrls = Readonly<Record<string, string>>;

export type ToWorker =
  | { readonly type: "go"; readonly request: RoundRequest }
  /** What it named is watched now: whatever it reads from here on may change unnoticed no more. */
  | { readonly type: "watching" }
  | { readonly type: "abort" };

export type FromWorker =
  /** Everything that a build needs is loaded. */
  | { readonly type: "ready" }
  /** The declarations are evaluated. The worker waits for `watching`. */
  | { readonly type: "watched"; readonly watched: Watched }
  | { readonly type: "event"; readonly event: TsdockEvent }
  | { readonly type: "explained"; readonly vertices: readonly ExplainedVertex[] }
  | { readonly type: "done"; readonly result: BuildResult }
  | { readonly type: "failed"; readonly errors: readonly SentError[] };
