import type { Platform } from "../oci/spec/platform.ts";
import type { TreeBase } from "./tree.ts";

/** What stands under a tree that began with nothing. */
export const scratchBase = (platform: Platform): TreeBase => ({
  config: { ...platform, rootfs: { type: "layers", diff_ids: [] } },
});
