import type { LayerEntry } from "../../oci/layer/entry.ts";

type Described = Exclude<LayerEntry, { type: "file" }>;

/** A file of a copy. `read` hands its bytes out once, in pieces that are good until the next; `at` is where they begin. */
export type CopiedFile = Omit<Extract<LayerEntry, { type: "file" }>, "content"> & {
  readonly read: (use: (piece: Uint8Array, at: number) => void) => void;
};

/** What is copied, parents before what is in them; paths are those at the destination. */
export type CopiedEntry = Described | CopiedFile;

/** Where copies go: a tree or an archive. */
export interface CopySink {
  put(entry: CopiedEntry): void;
  /** After the last. */
  end(): void;
}
