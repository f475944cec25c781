import type { Fact, Release, ReleaseFacts } from "../facts/release-facts.ts";
import { isOwner, ownerNames, packageOfTag } from "./release-tag.ts";

/** What tag rules are told of an image. */
export interface TaggedImage {
  readonly name: string;
  /** The directory of its package, relative to the workspace. */
  readonly directory: string;
}

/** The part of a release that is an image's. */
export interface ImageRelease {
  /** Facts with the image's own tag as the ref, so that rules need not know of others. */
  readonly facts: ReleaseFacts;
  readonly tag: Fact<string> | undefined;
  /** By which tags and release tools may mean the image. */
  readonly names: readonly string[];
  readonly release: Release | undefined;
  /** Why the image has no part in it. */
  readonly notConcerned: string | undefined;
}

const tagPrefix = "refs/tags/";

export function imageRelease(facts: ReleaseFacts, image: TaggedImage): ImageRelease {
  const names = ownerNames(image, facts.packages[image.directory]?.name);
  const release =
    facts.releases.find((one) => one.package !== undefined && names.includes(one.package)) ??
    facts.releases.find((one) => one.package === undefined);
  const tags = tagsOf(facts);
  if (tags.length === 0) return { facts, tag: undefined, names, release, notConcerned: undefined };
  const own = tags.filter(({ value }) => isOwner(names, packageOfTag(value)));
  // A tag that names nobody here is for whichever rule understands it.
  const [tag] =
    own.length > 0 ? own : tags.filter(({ value }) => !isOwner(facts.owners, packageOfTag(value)));
  if (tag === undefined) {
    const others = tags.map(({ value }) => value).join(", ");
    return { facts, tag, names, release, notConcerned: `${others} is a release of something else` };
  }
  const ref = { value: tagPrefix + tag.value, source: tag.source };
  return { facts: { ...facts, ref }, tag, names, release, notConcerned: undefined };
}

function tagsOf({ ref, tags }: ReleaseFacts): readonly Fact<string>[] {
  if (tags.length > 0 || !ref?.value.startsWith(tagPrefix)) return tags;
  return [{ value: ref.value.slice(tagPrefix.length), source: ref.source }];
}
