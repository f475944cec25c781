import { throwAll, TsdockError } from "../errors/tsdock-error.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { ImageState } from "./inspect-destination.ts";
import type { PublishedTag } from "./publish-result.ts";
import type { TagConflict } from "./settle-image.ts";

/** What becomes of the tags of an image that is to be `to`. */
export const publishedTags = ({ tags }: ImageState, to: Digest): readonly PublishedTag[] =>
  tags.map(({ tag, class: kind, reason, now, skip }) => {
    const from = now?.digest ?? null;
    const common = { tag, class: kind, reason, from };
    if (skip) return { ...common, to: from, action: "skip" };
    return { ...common, to, action: from === to ? "keep" : from === null ? "create" : "move" };
  });

/** Error `PUBLISH_IMMUTABLE` for every tag that would have to move and must not: it names both images. */
export function checkImmutable(
  conflicts: readonly TagConflict[],
  reference: (repository: string, tag: string) => string,
): void {
  throwAll(
    conflicts.map(({ plan, tag, published, publishedIds, ourIds }) => {
      const name = reference(plan.repository, tag);
      const message = `${name} is published already, and it is another image`;
      return new TsdockError("PUBLISH_IMMUTABLE", message, {
        details: `published: ${published.digest}, image ${publishedIds.join(", ")}\n${plan.name} as built: image ${ourIds.join(", ")}`,
        hint: "publish under a new tag; an immutable tag is never moved",
      });
    }),
  );
}
