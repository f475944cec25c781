import { TsdockError, throwAll } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Destination, TagMove } from "./destination.ts";
import type { PlannedImage } from "./plan-publish.ts";
import type { TagClass } from "../declare/tag-rule.ts";
import type { PublishedTag } from "./publish-result.ts";
import type { ReleaseImage } from "./release-image.ts";

/** An image that is complete where it goes, and the tags that it is to get. */
export interface SettledImage {
  readonly plan: PlannedImage;
  /** What the tags meant before, in the order of the plan. */
  readonly tags: readonly (Descriptor | undefined)[];
  readonly release: ReleaseImage;
}

export function publishedTags({ plan, tags, release }: SettledImage): readonly PublishedTag[] {
  const to = release.top.descriptor.digest;
  return plan.tags.map((wanted, index) => {
    const from = tags[index]?.digest ?? null;
    return { ...wanted, from, to, action: from === to ? "keep" : from === null ? "create" : "move" };
  });
}

/** Error `PUBLISH_IMMUTABLE` for every tag that would have to move and must not. */
export function checkImmutable(images: readonly SettledImage[], label: (repository: string) => string): void {
  throwAll(
    images.flatMap((image) =>
      publishedTags(image)
        .filter((tag) => tag.class === "immutable" && tag.action === "move")
        .map(({ tag, from, to }) => {
          const name = `${label(image.plan.repository)}:${tag}`;
          return new TsdockError(
            "PUBLISH_IMMUTABLE",
            `${name} is published already, and it is another image`,
            {
              details: `it is ${from ?? ""}, and ${image.plan.name} is ${to}`,
              hint: "publish under a new tag; an immutable tag is never moved",
            },
          );
        }),
    ),
  );
}

/** Moves what has to move, immutable tags first. When it fails, it says which tags have moved. */
export async function moveAllTags(
  images: readonly SettledImage[],
  destination: Destination,
  emit: EventSink,
  signal: AbortSignal,
): Promise<void> {
  const done: TagMove[] = [];
  const moved = (move: TagMove): void => {
    done.push(move);
    const { repository, tag, from, to } = move;
    const reference = `${destination.label(repository)}:${tag}`;
    emit({
      type: "tag",
      reference,
      digest: to.descriptor.digest,
      action: from === undefined ? "create" : "move",
    });
  };
  try {
    for (const moves of passes(images, destination.isRegistry))
      await destination.moveTags(moves, moved, signal);
  } catch (error) {
    throw done.length === 0 ? error : halfDone(error, done, destination);
  }
}

/** One list of moves per class; one for both where they are done at once anyway. */
function passes(images: readonly SettledImage[], separately: boolean): readonly (readonly TagMove[])[] {
  const of = (classes: readonly TagClass[]): readonly TagMove[] =>
    images.flatMap((image) =>
      publishedTags(image).flatMap((tag, index) =>
        tag.action === "keep" || !classes.includes(tag.class)
          ? []
          : [
              {
                repository: image.plan.repository,
                tag: tag.tag,
                from: image.tags[index],
                to: image.release.top,
              },
            ],
      ),
    );
  const all = separately ? [of(["immutable"]), of(["rolling"])] : [of(["immutable", "rolling"])];
  return all.filter((moves) => moves.length > 0);
}

function halfDone(error: unknown, done: readonly TagMove[], destination: Destination): unknown {
  if (!(error instanceof TsdockError)) return error;
  const list = done.map(({ repository, tag }) => `${destination.label(repository)}:${tag}`).join("\n");
  const details = `${error.details === undefined ? "" : `${error.details}\n`}these tags have moved already:\n${list}`;
  const { place, hint } = error;
  return new TsdockError(error.code, error.message, {
    place,
    hint: hint ?? "publish again: what is done is not done twice",
    details,
    cause: error.cause,
  });
}
