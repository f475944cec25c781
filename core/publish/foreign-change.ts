import { TsdockError } from "../errors/tsdock-error.ts";
import type { Digest } from "../oci/spec/digest.ts";

/** A tag that means something else than it did, or than we made it mean. */
export const foreignChange = (
  reference: string,
  expected: Digest | undefined,
  seen: Digest | undefined,
): TsdockError =>
  new TsdockError("PUBLISH_FOREIGN_CHANGE", `somebody else moved ${reference} while it was published`, {
    details: `expected ${expected ?? "no such tag"}, found ${seen ?? "no such tag"}`,
    hint: "see which of the two releases is meant to win, and publish that one again",
  });
