import { isOwner, ownerNames, packageOfTag } from "../tags/release-tag.ts";
import type { CiFacts } from "./ci-facts.ts";
import type { GitFacts } from "./git-facts.ts";
import type { Fact, PackageFacts, Release, ReleaseFacts } from "./release-facts.ts";

/** Everything that was read for a release. */
export interface ReadFacts {
  /** `--ref`, complete. */
  readonly ref: string | undefined;
  /** `--revision` */
  readonly revision: string | undefined;
  readonly allowDirty: boolean;
  readonly now: Fact<number>;
  readonly ci: CiFacts | undefined;
  readonly git: GitFacts | undefined;
  readonly releases: readonly Release[];
  readonly pre: Fact<string> | undefined;
  readonly packages: Readonly<Record<string, PackageFacts>>;
  readonly images: readonly { readonly name: string; readonly directory: string }[];
}

/** In a CI its environment says what is released, else git: the version tags of the commit, or the branch. What is given counts more. */
export function joinFacts(read: ReadFacts): ReleaseFacts {
  const { ci, git, packages } = read;
  const given = read.ref === undefined ? undefined : { value: read.ref, source: "--ref" };
  const owners = read.images.flatMap((image) => ownerNames(image, packages[image.directory]?.name));
  return {
    ...whatIsReleased(given, ci, git, owners),
    event: ci?.event,
    // What is checked out is what is built, even where the run began with another commit.
    revision:
      read.revision === undefined
        ? (git?.revision ?? ci?.revision)
        : { value: read.revision, source: "--revision" },
    commitTime: git?.commitTime ?? ci?.commitTime,
    now: read.now,
    defaultBranch: ci?.defaultBranch ?? git?.defaultBranch,
    baseRef: ci?.baseRef,
    dirty: git?.dirty,
    allowDirty: read.allowDirty,
    remote: git?.remote,
    releases: read.releases,
    pre: read.pre,
    packages,
    owners: [...new Set(owners)],
  };
}

function whatIsReleased(
  given: Fact<string> | undefined,
  ci: CiFacts | undefined,
  git: GitFacts | undefined,
  owners: readonly string[],
): Pick<ReleaseFacts, "ref" | "tags"> {
  const ref = given ?? ci?.ref;
  if (ref !== undefined) return { ref, tags: [] };
  // Releases of libraries are not ours.
  const tags = (git?.tags ?? []).filter(({ value }) => {
    const name = packageOfTag(value);
    return name === undefined || isOwner(owners, name);
  });
  const [tag] = tags;
  if (tag !== undefined) return { ref: { value: `refs/tags/${tag.value}`, source: tag.source }, tags };
  const branch = git?.branch;
  return { ref: branch && { value: `refs/heads/${branch.value}`, source: branch.source }, tags: [] };
}

/** A fact as it is shown and recorded. */
export interface ShownFact {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

/** All that is known, for people. */
export function shownFacts(facts: ReleaseFacts): readonly ShownFact[] {
  const time = (fact: Fact<number> | undefined) =>
    fact && { ...fact, value: new Date(fact.value).toISOString() };
  const named: readonly (readonly [string, Fact<string | boolean> | undefined])[] = [
    ["ref", facts.ref],
    ...facts.tags.map((tag) => ["tag", tag] as const),
    ["event", facts.event],
    ["revision", facts.revision],
    ["commitTime", time(facts.commitTime)],
    ["defaultBranch", facts.defaultBranch],
    ["baseRef", facts.baseRef],
    ["dirty", facts.dirty],
    ["pre", facts.pre],
    ...facts.releases.map(
      ({ package: name, version, source }) =>
        [`release ${name ?? ""}`.trim(), { value: version, source }] as const,
    ),
    ...Object.entries(facts.packages).map(
      ([directory, { version }]) => [`version of ${directory}`, version] as const,
    ),
  ];
  return named.flatMap(([name, fact]) =>
    fact === undefined ? [] : [{ name, value: String(fact.value), source: fact.source }],
  );
}
