import type { TagSource } from "../../declare/tag-rule.ts";
import type { Fact, ReleaseFacts } from "../facts/release-facts.ts";
import { expand, expressionsOf } from "./expand.ts";
import type { ImageRelease, TaggedImage } from "./image-release.ts";
import { findMatch } from "./find-match.ts";
import { isOwner, parseReleaseTag } from "./release-tag.ts";
import type { RuleTags, TagDraft } from "./tag-draft.ts";
import type { Version } from "./version.ts";
import { parseVersion, type VersionPart } from "./version-line.ts";

type SourceOf<Type extends TagSource["type"]> = Extract<TagSource, { readonly type: Type }>;

/** A version and how it was written. */
interface Found {
  readonly version: Version;
  readonly raw: string;
  readonly source: string;
}

export function versionTags(source: SourceOf<"semver" | "pep440">, release: ImageRelease): RuleTags {
  const text = givenText(source, release);
  if (text === undefined) return { tags: [], note: "no version is released" };
  const searched = source.match === undefined ? text.value : findMatch(source.match, 1, text.value).text;
  const found = parseReleaseTag(searched, source.type);
  if (found === undefined) return { tags: [], note: `${searched} is not a version of ${source.type}` };
  const fromTag = source.match === undefined && source.value === undefined && release.release === undefined;
  if (fromTag && found.package !== undefined && !isOwner(release.names, found.package))
    return { tags: [], note: `${searched} is a release of ${found.package}, which is no image here` };
  return patternTags(source.patterns, { ...found, source: text.source }, release.facts);
}

/** What the rule reads its version from: its own value, a release tool, the git tag. */
function givenText(
  { value }: { readonly value?: string | undefined },
  { facts, tag, release }: ImageRelease,
): { readonly value: string; readonly source: string } | undefined {
  if (value !== undefined) {
    const text = expand(value, facts);
    return text === "" ? undefined : { value: text, source: "the rule's value" };
  }
  return release === undefined ? tag : { value: release.version, source: release.source };
}

export function packageTags(
  { patterns }: SourceOf<"package">,
  facts: ReleaseFacts,
  { directory }: TaggedImage,
): RuleTags {
  if (isPullRequest(facts)) return { tags: [], note: "a pull request releases nothing" };
  const given = facts.packages[directory]?.version;
  if (given === undefined) return { tags: [], note: `the package in ${directory} has no version` };
  const version = parseVersion("semver", given.value);
  // Nx names releases by date and commit.
  if (version === undefined)
    return {
      tags: [
        {
          text: given.value,
          class: "immutable",
          release: true,
          reason: `version ${given.value} (${given.source})`,
        },
      ],
    };
  return patternTags(patterns, { version, raw: given.value, source: given.source }, facts);
}

export const isPullRequest = ({ event, ref }: ReleaseFacts): boolean =>
  event?.value === "pull_request" || /^refs\/(?:pull|merge-requests)\//.test(ref?.value ?? "");

function patternTags(patterns: readonly string[], found: Found, facts: ReleaseFacts): RuleTags {
  const notes: string[] = [];
  const tags = patterns.flatMap((pattern) => {
    const tag = patternTag(pattern, found, facts);
    if (typeof tag === "object") return [tag];
    notes.push(tag);
    return [];
  });
  return notes.length === 0 ? { tags } : { tags, note: notes.join("; ") };
}

const parts = ["major", "minor", "patch"] as const satisfies readonly VersionPart[];

/** The tag, or why there is none. */
function patternTag(
  pattern: string,
  { version, raw, source }: Found,
  facts: ReleaseFacts,
): TagDraft | string {
  const scope = {
    raw,
    version: version.text,
    major: String(version.major),
    minor: String(version.minor),
    patch: String(version.patch),
  };
  const names = expressionsOf(pattern);
  // Also where nothing comes of it: a mistake is said in every release, not only in stable ones.
  const expanded = expand(pattern, facts, scope);
  const common = { version, release: version.stable };
  const reason = `version ${version.text} (${source})`;
  if (!version.stable)
    return { ...common, text: isRaw(pattern) ? expanded : version.text, class: "immutable", reason };
  const same = parts.filter((part) => names.includes(part));
  const whole = names.includes("raw") || names.includes("version") || same.length === parts.length;
  if (whole) return { ...common, text: expanded, class: "immutable", reason };
  if (version.major === 0 && same.length === 1 && same[0] === "major")
    return `no tag for major version 0: what is in it does not belong together`;
  const line = { scheme: version.scheme, version: version.text, same, among: "stable" } as const;
  return { ...common, text: expanded, class: "rolling", line, reason };
}

const isRaw = (pattern: string): boolean => /^\{\{\{?\s*raw\s*\}?\}\}$/.test(pattern);

export function matchTags(source: SourceOf<"match">, release: ImageRelease): RuleTags {
  const text = source.value === undefined ? release.tag : givenText(source, release);
  if (text === undefined) return { tags: [], note: "no git tag is built" };
  const { text: found, rest } = findMatch(source.pattern, source.group, text.value);
  if (found === "") return { tags: [], note: "the group is empty" };
  const whole = found + (/^(?:\.\d+|[-+][0-9A-Za-z.-]+)*/.exec(rest)?.[0] ?? "");
  const version = (parseReleaseTag(whole, "semver") ?? parseReleaseTag(whole, "pep440"))?.version;
  const reason = `${text.value} (${text.source})`;
  const common = { text: found, version, release: version?.stable ?? true, reason };
  const same = version?.stable === true && /^\d+(?:\.\d+)*$/.test(found) ? partsIn(found) : [];
  if (version === undefined || found === whole || same.length === 0)
    return { tags: [{ ...common, class: "immutable" }] };
  const line = { scheme: version.scheme, version: version.text, same, among: "stable" } as const;
  return { tags: [{ ...common, class: "rolling", line }] };
}

const partsIn = (numbers: string): readonly VersionPart[] => parts.slice(0, numbers.split(".").length);

export interface ChannelInput {
  readonly release: ImageRelease;
  readonly image: TaggedImage;
  /** Whether the version in the package's files is what is released: where there is a rule that says so. */
  readonly byPackage: boolean;
}

export function channelTags(input: ChannelInput): RuleTags {
  const { facts, release } = input.release;
  if (isPullRequest(facts)) return { tags: [], note: "a pull request releases nothing" };
  const given = releasedText(input);
  const version =
    given && (parseReleaseTag(given.value, "semver") ?? parseReleaseTag(given.value, "pep440"))?.version;
  if (given === undefined || version === undefined) return { tags: [], note: "no version is released" };
  const own = version.stable ? undefined : (facts.pre?.value ?? version.channel);
  const text = release?.channel === undefined ? own : (release.channel ?? undefined);
  if (text === undefined) return { tags: [], note: `${version.text} is of no channel but the main one` };
  const reason = `the channel of ${version.text} (${given.source})`;
  return { tags: [{ text, class: "rolling", version, line: channelLine(text, version), reason }] };
}

function releasedText({
  release: { facts, tag, release },
  image,
  byPackage,
}: ChannelInput): Fact<string> | undefined {
  if (release !== undefined) return { value: release.version, source: release.source };
  return tag ?? (byPackage ? facts.packages[image.directory]?.version : undefined);
}

/** A channel has a version's line (`1.x`), pre-releases of its name, or, where it is called otherwise, whatever is published. */
function channelLine(text: string, version: Version): NonNullable<TagDraft["line"]> {
  const [range, , minor] = /^(\d+)(?:\.(\d+))?\.x$/.exec(text) ?? [];
  return {
    scheme: version.scheme,
    version: version.text,
    same: range === undefined ? [] : minor === undefined ? ["major"] : ["major", "minor"],
    among: text === version.channel ? { channel: text } : "all",
  };
}
