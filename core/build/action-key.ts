import { createHash } from "node:crypto";
import { packingVersion } from "../oci/layer/packing-version.ts";
import { canonicalJson } from "../util/json.ts";

/** Raised when the same inputs would give other bytes because tsdock itself changed: every cached action then runs again. */
const engineVersion = 1;

/** The versions of tsdock's own work that are in every key. */
export const keyVersions: Readonly<Record<string, number>> = {
  engine: engineVersion,
  packing: packingVersion,
};

/** 64 hex digits: equal inputs, equal key. */
export const actionKey = (inputs: Readonly<Record<string, string>>): string =>
  createHash("sha256")
    .update(canonicalJson({ ...inputs, ...keyVersions }))
    .digest("hex");
