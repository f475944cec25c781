import type { ParamValue } from "../../declare/param.ts";

/** One reason why a vertex ran, or differs from an earlier one. Members of `--json`: added, never renamed. */
export type Cause =
  /** No earlier build of this workspace had it. */
  | { readonly type: "first" }
  /** `--no-cache`. */
  | { readonly type: "no-cache" }
  /** An earlier build had the same result, and prune removed it. */
  | { readonly type: "evicted"; readonly build: string }
  /** The earlier build did not get it done. */
  | { readonly type: "unfinished"; readonly build: string }
  | {
      readonly type: "file";
      /** Where it lies in the image, from the root. */
      readonly path: string;
      readonly change: "added" | "removed" | "content" | "mode" | "owner" | "kind" | "target" | "attributes";
      /** A digest, mode, owner, kind or target: what it was. */
      readonly from?: string;
      readonly to?: string;
    }
  /** It differs, and what it was made from before was pruned. */
  | { readonly type: "forgotten" }
  | { readonly type: "env"; readonly name: string; readonly from?: string; readonly to?: string }
  | { readonly type: "command"; readonly from: string; readonly to: string }
  /** A tag moved, or another image is named. */
  | { readonly type: "base"; readonly reference: string; readonly from: string; readonly to: string }
  /** The files that it stands on are others: `vertex` is where the difference begins. */
  | { readonly type: "input"; readonly vertex: string; readonly name: string; readonly source?: string }
  | {
      readonly type: "param";
      readonly name: string;
      readonly from?: ParamValue;
      readonly to?: ParamValue;
    }
  /** A module or the configuration was edited: digests of the file. */
  | { readonly type: "source"; readonly file: string; readonly from?: string; readonly to?: string }
  /** Of tsdock or a plugin. */
  | { readonly type: "version"; readonly of: string; readonly from: string; readonly to: string }
  /** Any other part of the key. */
  | { readonly type: "input-value"; readonly name: string; readonly from?: string; readonly to?: string };
