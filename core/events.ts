import type { Place } from "./errors/place.ts";
import type { WarningCode } from "./errors/warning-codes.ts";
import type { Digest } from "./oci/spec/digest.ts";

/** What a vertex is to a person who watches a build. */
export interface VertexInfo {
  readonly id: string;
  /** As an author would write it: `[web] RUN apt-get update`. */
  readonly name: string;
  readonly op: string;
  /** Names of the images that need it. */
  readonly images: readonly string[];
}

/**
 * Everything that tsdock tells while it works: one closed union feeds every reporter and every test.
 * Times are milliseconds since the start of the action. Additions are allowed, changes are not: `--progress json` prints these.
 */
export type TsdockEvent =
  | {
      readonly type: "action.start";
      readonly action: "build" | "publish" | "run" | "pull" | "lock";
      readonly images: readonly string[];
    }
  | { readonly type: "vertex.start"; readonly vertex: VertexInfo; readonly at: number }
  | {
      readonly type: "vertex.log";
      readonly id: string;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  | {
      readonly type: "vertex.done";
      readonly vertex: VertexInfo;
      readonly at: number;
      readonly ms: number;
      readonly outcome: "ran" | "cached" | "failed" | "cancelled";
      /** The layer that it made, absent where it made none. */
      readonly diffId?: Digest;
    }
  | {
      readonly type: "image.done";
      readonly image: string;
      readonly platform: string;
      readonly imageId: Digest;
      readonly cached: boolean;
    }
  /** Bytes of one transfer so far. `total` is absent while it is not known. */
  | {
      readonly type: "transfer";
      readonly id: string;
      readonly kind: "pull" | "push" | "download" | "compress";
      readonly name: string;
      readonly done: number;
      readonly total?: number;
      readonly state: "running" | "done" | "existing" | "mounted" | "failed";
      /** The repository that a blob was mounted from. */
      readonly from?: string;
      /** A `layer` event says how it ended: for people once is enough. */
      readonly told?: true;
    }
  /** What became of a layer that is pushed (`digest` is its diffID) or pulled (its digest there). */
  | {
      readonly type: "layer";
      readonly digest: Digest;
      readonly state: "preparing" | "pushed" | "existing" | "mounted" | "pulling" | "pulled" | "present";
      /** The repository that it was mounted from. */
      readonly from?: string;
    }
  /** A line for people who watch: `The push refers to repository […]`. */
  | { readonly type: "notice"; readonly message: string }
  | {
      readonly type: "tag";
      readonly reference: string;
      readonly digest: Digest;
      readonly action: "create" | "move" | "keep";
    }
  | {
      readonly type: "retry";
      readonly what: string;
      readonly reason: string;
      readonly delayMs: number;
      readonly attempt: number;
    }
  | {
      readonly type: "warning";
      readonly code: WarningCode;
      readonly message: string;
      readonly place?: Place;
      readonly hint?: string;
    }
  /** `tsdock watch` begins to evaluate and build. */
  | {
      readonly type: "watch.start";
      /** Counts from 1. */
      readonly round: number;
      /** Absolute paths of what changed, the first hundred; none in the first round. */
      readonly files: readonly string[];
      readonly changes: number;
    }
  /** `aborted`: files changed meanwhile, and the next round begins. */
  | {
      readonly type: "watch.done";
      readonly round: number;
      readonly outcome: "built" | "failed" | "aborted";
      readonly ms: number;
    }
  /** What became of the container of `tsdock watch --run`. */
  | {
      readonly type: "watch.container";
      readonly name: string;
      readonly image: string;
      readonly imageId: Digest;
      readonly state: "started" | "stopped" | "exited";
      /** Of one that is no longer there. */
      readonly exitCode?: number;
    }
  | { readonly type: "debug"; readonly message: string }
  | { readonly type: "action.done"; readonly ms: number; readonly ok: boolean };

export type EventSink = (event: TsdockEvent) => void;
