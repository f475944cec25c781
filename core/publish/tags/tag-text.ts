import { createHash } from "node:crypto";
import { isTag } from "../../oci/spec/reference.ts";

/** Longest tag, in characters. */
const limit = 128;
const hashDigits = 8;

/**
 * Text as a legal tag: what a tag cannot hold becomes `-`, and one that is too long is cut and ends in a hash of all of it.
 * Undefined if nothing is left.
 */
export function tagText(text: string): string | undefined {
  const legal = text.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "");
  const tag =
    legal.length <= limit
      ? legal
      : `${legal.slice(0, limit - 1 - hashDigits)}-${createHash("sha256").update(text).digest("hex").slice(0, hashDigits)}`;
  return isTag(tag) ? tag : undefined;
}
