import type { LayerEntry } from "./entry.ts";
import type { PackedLayer } from "./pack-layer.ts";
import type { UnpackOptions, UnpackReport } from "./unpack-options.ts";

/** Work of this room that blocks: what goes to a worker. */
export type LayerTask =
  | { readonly kind: "pack"; readonly entries: readonly LayerEntry[]; readonly file: string }
  | {
      readonly kind: "unpack";
      readonly tarFile: string;
      readonly directory: string;
      readonly options: UnpackOptions;
    };

export interface LayerTaskResults {
  readonly pack: PackedLayer;
  readonly unpack: UnpackReport;
}

/** What comes back: errors lose their class on the way between threads. */
export type LayerTaskOutcome<Kind extends LayerTask["kind"]> =
  | { readonly ok: true; readonly value: LayerTaskResults[Kind] }
  | { readonly ok: false; readonly error: WireError };

/** A `TsdockError` as plain data. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: string | undefined;
}
