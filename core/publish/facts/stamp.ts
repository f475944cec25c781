import type { DefaultAnnotation } from "../../graph/definition.ts";
import type { StampName } from "../../config/define-config.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { annotationName } from "../../graph/image-annotations.ts";
import { imageRelease, type TaggedImage } from "../tags/image-release.ts";
import { parseReleaseTag } from "../tags/release-tag.ts";
import type { Fact, ReleaseFacts } from "./release-facts.ts";

/**
 * What a release says of an image besides: the version that is released (else that of its package), the commit and the commit's time.
 * An image that has no version gets none. Error `STAMP_UNKNOWN` where nobody says which commit it is.
 */
export function stampAnnotations(
  names: readonly StampName[],
  facts: ReleaseFacts,
  image: TaggedImage,
): readonly DefaultAnnotation[] {
  return names.flatMap((name) => {
    const fact = stampFact(name, facts, image);
    if (fact !== undefined) return [{ name: annotationName(name), ...fact }];
    if (name === "version") return [];
    throw new TsdockError(
      "STAMP_UNKNOWN",
      `defaults.stamp asks for ${name}, and nobody says which commit this is`,
      {
        hint:
          name === "revision"
            ? "publish from a git repository, give --revision, or take revision out of defaults.stamp"
            : "publish from a git repository, or take created out of defaults.stamp",
      },
    );
  });
}

function stampFact(name: StampName, facts: ReleaseFacts, image: TaggedImage): Fact<string> | undefined {
  switch (name) {
    case "version":
      return versionOf(facts, image);
    case "revision":
      return facts.revision;
    case "created": {
      const { commitTime } = facts;
      if (commitTime === undefined) return undefined;
      return {
        value: new Date(commitTime.value).toISOString().replace(".000Z", "Z"),
        source: commitTime.source,
      };
    }
  }
}

function versionOf(facts: ReleaseFacts, image: TaggedImage): Fact<string> | undefined {
  const { release, tag } = imageRelease(facts, image);
  if (release !== undefined)
    return { value: release.version.replace(/^v(?=\d)/, ""), source: release.source };
  const version =
    tag && (parseReleaseTag(tag.value, "semver") ?? parseReleaseTag(tag.value, "pep440"))?.version.text;
  if (tag !== undefined && version !== undefined) return { value: version, source: tag.source };
  return facts.packages[image.directory]?.version;
}
