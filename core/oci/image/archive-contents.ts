import type { Descriptor } from "../spec/descriptor.ts";
import type { Digest } from "../spec/digest.ts";

/** An image that was in an archive; its content is in the blobs now. */
export interface LoadedImage {
  /** `NAME:TAG`. */
  readonly names: readonly string[];
  readonly descriptor: Descriptor;
}

/** What an archive held: content by its path. */
export type ArchiveFiles = ReadonlyMap<string, { readonly digest: Digest; readonly size: number }>;
