import { createHash } from "node:crypto";
import { packingVersion } from "../oci/layer/pack-layer.ts";
import { canonicalJson } from "../util/json.ts";

/** Raised when the same inputs would give other bytes because tsdock itself changed: every cached action then runs again. */
const engineVersion = 1;

/** 64 hex digits: equal inputs, equal key. */
export const actionKey = (inputs: Readonly<Record<string, string>>): string =>
  createHash("sha256")
    .update(canonicalJson({ ...inputs, engine: engineVersion, packing: packingVersion }))
    .digest("hex");
