import type { Digest } from "../../oci/spec/digest.ts";
import type { StructureResult } from "./run-structure-tests.ts";

export interface FileResult extends StructureResult {
  /** As it was given. */
  readonly file: string;
}

/** What `tsdock test --json` prints. */
export interface StructureTestsReport {
  readonly image: string;
  readonly imageId: Digest;
  readonly platform: string;
  readonly passed: number;
  readonly failed: number;
  readonly results: readonly FileResult[];
  readonly ms: number;
}
