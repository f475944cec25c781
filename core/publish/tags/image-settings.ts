import type { NamedImage, TagsConfig } from "../../config/define-config.ts";
import type { TagSettings, TagsOption } from "../../declare/tag-rule.ts";
import { tagSettings, tagsMistakes } from "../../declare/tag-settings.ts";
import type { Place } from "../../errors/place.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";

/** A group with tags of its own. */
export interface TaggedGroup {
  readonly name: string;
  readonly tags: TagsOption;
  readonly images: ReadonlySet<string>;
  readonly place: () => Place | undefined;
}

export interface TagSources {
  readonly config: TagsConfig | undefined;
  /** The place of `tags` in the configuration. */
  readonly place: () => Place | undefined;
  readonly groups: readonly TaggedGroup[];
}

/**
 * The rules of an image: what a function in the configuration says, else its group, else the workspace; undefined where
 * nobody says anything. Error `CONFIG_INVALID`, also where the function fails.
 */
export function imageSettings(
  image: NamedImage,
  { config, place, groups }: TagSources,
): TagSettings | undefined {
  if (typeof config === "function") {
    const given = askFunction(config, image, place);
    const [mistake] = given === undefined ? [] : tagsMistakes(given);
    if (mistake !== undefined) {
      const where = mistake.path.length === 0 ? "" : `, at ${mistake.path.join(".")},`;
      const message = `what \`tags\` gives for ${image.name}${where} ${mistake.message}`;
      throw new TsdockError("CONFIG_INVALID", message, { place: place() });
    }
    if (given !== undefined) return tagSettings(given as TagsOption);
  }
  const [group, other] = groups.filter(({ images }) => images.has(image.name));
  if (group !== undefined && other !== undefined) {
    throw new TsdockError(
      "CONFIG_INVALID",
      `${image.name} is in the groups ${group.name} and ${other.name}, which both have tags`,
      {
        place: other.place(),
        hint: "take it out of one of them, or say its tags by a function in the configuration",
      },
    );
  }
  if (group !== undefined) return tagSettings(group.tags);
  return config === undefined || typeof config === "function" ? undefined : tagSettings(config);
}

function askFunction(
  config: Extract<TagsConfig, (image: NamedImage) => unknown>,
  image: NamedImage,
  place: () => Place | undefined,
): unknown {
  try {
    return config(image);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TsdockError("CONFIG_INVALID", `\`tags\` failed for ${image.name}: ${why}`, {
      place: place(),
      cause,
    });
  }
}
