import type { TagClass, TagRule } from "../../declare/tag-rule.ts";
import type { ReleaseFacts } from "../facts/release-facts.ts";
import { expand } from "./expand.ts";
import type { ImageRelease, TaggedImage } from "./image-release.ts";
import { parseReleaseTag } from "./release-tag.ts";
import type { RuleTags } from "./tag-draft.ts";
import { channelTags, matchTags, packageTags, versionTags } from "./version-tags.ts";

export interface RuleInput {
  readonly rule: TagRule;
  readonly release: ImageRelease;
  readonly image: TaggedImage;
  /** Whether one of the image's rules is `packageVersion()`. */
  readonly byPackage: boolean;
}

/** The tags that one rule gives. Throws `RuleMistake` where it cannot be understood. */
export function ruleTags(input: RuleInput): RuleTags {
  const { release, image } = input;
  const { source } = input.rule;
  const { facts } = release;
  switch (source.type) {
    case "semver":
    case "pep440":
      return versionTags(source, release);
    case "package":
      return packageTags(source, facts, image);
    case "match":
      return matchTags(source, release);
    case "channel":
      return channelTags({ release, image, byPackage: input.byPackage });
    case "branch":
      return afterRef(facts, /^refs\/heads\/(.+)$/, "no branch is built", "rolling");
    case "tag":
      return gitTag(release);
    case "pr":
      return afterRef(
        facts,
        /^refs\/(?:pull|merge-requests)\/(\d+)\//,
        "no pull request is built",
        "rolling",
      );
    case "sha":
      return revisionTag(facts, source.format);
    case "schedule":
      if (facts.event?.value !== "schedule") return { tags: [], note: "the run is not scheduled" };
      return one(expand(source.pattern, facts), "rolling", `the run is scheduled (${facts.event.source})`);
    case "edge":
      return edgeTag(facts, source.branch);
    case "raw":
      return one(expand(source.value, facts), "rolling", "in the configuration");
    case "invalid":
      return { tags: [] };
  }
}

const one = (text: string, tagClass: TagClass, reason: string): RuleTags =>
  text === "" ? { tags: [], note: "it gives no text here" } : { tags: [{ text, class: tagClass, reason }] };

function afterRef(facts: ReleaseFacts, pattern: RegExp, otherwise: string, tagClass: TagClass): RuleTags {
  const [whole, text] = pattern.exec(facts.ref?.value ?? "") ?? [];
  if (whole === undefined || text === undefined) return { tags: [], note: otherwise };
  return one(text, tagClass, `${facts.ref?.value ?? whole} (${facts.ref?.source ?? ""})`);
}

function revisionTag({ revision }: ReleaseFacts, format: "short" | "long"): RuleTags {
  if (revision === undefined) return { tags: [], note: "the commit is not known" };
  const text = format === "long" ? revision.value : revision.value.slice(0, 7);
  return one(text, "immutable", `the commit (${revision.source})`);
}

function edgeTag(facts: ReleaseFacts, branch: string | undefined): RuleTags {
  const wanted = branch ?? facts.defaultBranch?.value;
  if (wanted === undefined) return { tags: [], note: "the default branch is not known" };
  if (facts.ref?.value !== `refs/heads/${wanted}`)
    return { tags: [], note: `the branch ${wanted} is not built` };
  return one("edge", "rolling", `the branch ${wanted} (${facts.ref.source})`);
}

function gitTag({ tag }: ImageRelease): RuleTags {
  if (tag === undefined) return { tags: [], note: "no git tag is built" };
  const version = (parseReleaseTag(tag.value, "semver") ?? parseReleaseTag(tag.value, "pep440"))?.version;
  const reason = `the git tag ${tag.value} (${tag.source})`;
  return {
    tags: [{ text: tag.value, class: "immutable", version, release: version?.stable ?? true, reason }],
  };
}
