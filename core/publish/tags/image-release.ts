import type { Fact, Release, ReleaseFacts } from "../facts/release-facts.ts";
import { ownerNames, packageOfTag } from "./release-tag.ts";

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
  readonly release: Release | undefined;
  /** Why the image has no part in it. */
  readonly notConcerned: string | undefined;
}

const tagPrefix = "refs/tags/";

export function imageRelease(facts: ReleaseFacts, image: TaggedImage): ImageRelease {
  const names = ownerNames(image.name, facts.packages[image.directory]?.name);
  const release =
    facts.releases.find((one) => one.package !== undefined && names.includes(one.package)) ??
    facts.releases.find((one) => one.package === undefined);
  const tags = tagsOf(facts);
  if (tags.length === 0) return { facts, tag: undefined, release, notConcerned: undefined };
  const owner = (tag: Fact<string>): string | undefined => ownerOf(tag.value, facts.owners);
  const own = tags.filter((tag) => names.includes(owner(tag) ?? ""));
  const [tag] = own.length > 0 ? own : tags.filter((one) => owner(one) === undefined);
  if (tag === undefined) {
    const others = tags.map(({ value }) => value).join(", ");
    return { facts, tag, release, notConcerned: `${others} is a release of something else` };
  }
  const ref = { value: tagPrefix + tag.value, source: tag.source };
  return { facts: { ...facts, ref }, tag, release, notConcerned: undefined };
}

function tagsOf({ ref, tags }: ReleaseFacts): readonly Fact<string>[] {
  if (tags.length > 0 || !ref?.value.startsWith(tagPrefix)) return tags;
  return [{ value: ref.value.slice(tagPrefix.length), source: ref.source }];
}

/** The image or package that a tag names, if there is one. */
function ownerOf(tag: string, owners: readonly string[]): string | undefined {
  const name = packageOfTag(tag);
  return name !== undefined && owners.includes(name) ? name : undefined;
}
