import type { Flavor, TagRule, TagSettings } from "../../declare/tag-rule.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { ReleaseFacts } from "../facts/release-facts.ts";
import type { WantedTag } from "../publish-result.ts";
import { expand, RuleMistake } from "./expand.ts";
import { type ImageRelease, imageRelease, type TaggedImage } from "./image-release.ts";
import { looksLikeVersion, packageOfTag } from "./release-tag.ts";
import { ruleTags } from "./rule-tags.ts";
import type { TagDraft } from "./tag-draft.ts";
import { tagText } from "./tag-text.ts";
import { compareVersions, type Version } from "./version.ts";
import { isPullRequest } from "./version-tags.ts";
import type { TagForm } from "./version-line.ts";

export interface WantedTags {
  /** Immutable and rolling ones in the order of the rules' priority, `latest` last. */
  readonly tags: readonly WantedTag[];
  readonly problems: readonly TsdockError[];
  /** For people: what is not given, and why. */
  readonly notes: readonly string[];
  /** The first tag: what the image calls itself. */
  readonly version: string | undefined;
  /** The tag under which it is published already: the others are given to that image, and nothing is built. */
  readonly existing: string | undefined;
}

/** A draft with its prefix and suffix, before it is made legal. */
interface AffixedDraft extends TagDraft {
  readonly original: string;
  readonly tag: string;
  readonly rule: TagRule | undefined;
}

/** The tags that an image gets. Pure; what is wrong with the rules is among the problems, with the place of the rule. */
export function wantedTags(settings: TagSettings, facts: ReleaseFacts, image: TaggedImage): WantedTags {
  const release = imageRelease(facts, image);
  const none = { tags: [], version: undefined, existing: undefined };
  if (release.notConcerned !== undefined) return { ...none, problems: [], notes: [release.notConcerned] };
  const flavor = expandFlavor(settings.flavor, release.facts);
  if (flavor instanceof TsdockError) return { ...none, problems: [flavor], notes: [] };
  const problems: TsdockError[] = [];
  const notes: string[] = [];
  const drafts = draftsOf({ ...settings, flavor }, { release, image, problems, notes });
  checkUnderstood(settings, release, drafts, problems);
  const all = withLatest(drafts, { flavor, release, notes });
  const retag = release.release?.retag === true;
  // What is published already is of its version, not of the commit or branch of this run.
  const own = retag ? all.filter(({ version, line }) => version !== undefined || line !== undefined) : all;
  const kept = withoutSnapshots(own, notes);
  const forms = formsOf(kept);
  const tags = mergeDrafts(kept, problems).map((draft) => wantedTag(draft, forms));
  if (!retag && tags.some((tag) => tag.class === "immutable")) problems.push(...dirtyTree(facts));
  const existing = retag ? tags.find((tag) => tag.class === "immutable") : undefined;
  return { tags, problems, notes, version: tags[0]?.tag, existing: existing?.tag };
}

function expandFlavor(flavor: Flavor, facts: ReleaseFacts): Flavor | TsdockError {
  try {
    return { ...flavor, prefix: expand(flavor.prefix, facts), suffix: expand(flavor.suffix, facts) };
  } catch (error) {
    if (!(error instanceof RuleMistake)) throw error;
    return new TsdockError("TAG_RULE_INVALID", `the flavor of the tags: ${error.message}`, {
      hint: error.hint,
    });
  }
}

interface Gathering {
  readonly release: ImageRelease;
  readonly image: TaggedImage;
  readonly problems: TsdockError[];
  readonly notes: string[];
}

function draftsOf({ rules, flavor }: TagSettings, gathering: Gathering): readonly AffixedDraft[] {
  const { release, image, problems, notes } = gathering;
  const byPackage = rules.some(({ source }) => source.type === "package");
  return [...rules]
    .sort((a, b) => priorityOf(b) - priorityOf(a))
    .flatMap((rule) => {
      try {
        if (!isEnabled(rule, release.facts)) return [];
        const { tags, note } = ruleTags({ rule, release, image, byPackage });
        if (note !== undefined) notes.push(`${rule.source.type}: ${note}`);
        return tags.flatMap((draft) => affix(draft, rule, flavor, release.facts, problems));
      } catch (error) {
        if (!(error instanceof RuleMistake)) throw error;
        problems.push(mistake(rule, error));
        return [];
      }
    });
}

const priorities: Readonly<Record<TagRule["source"]["type"], number>> = {
  schedule: 1000,
  semver: 900,
  pep440: 900,
  package: 900,
  match: 800,
  edge: 700,
  branch: 600,
  tag: 600,
  pr: 600,
  channel: 500,
  raw: 200,
  sha: 100,
  invalid: 0,
};

const priorityOf = ({ options, source }: TagRule): number => options.priority ?? priorities[source.type];

function isEnabled({ options, source }: TagRule, facts: ReleaseFacts): boolean {
  if (source.type === "invalid")
    throw new RuleMistake(`${JSON.stringify(source.line)} is not understood: ${source.why}`);
  const { enable = true } = options;
  const text = typeof enable === "boolean" ? String(enable) : expand(enable, facts).trim();
  if (text !== "true" && text !== "false")
    throw new RuleMistake(`\`enable\` must give true or false, and gives ${JSON.stringify(text)}`);
  return text === "true";
}

function affix(
  draft: TagDraft,
  rule: TagRule,
  flavor: Flavor,
  facts: ReleaseFacts,
  problems: TsdockError[],
): readonly AffixedDraft[] {
  const { options, source } = rule;
  const own = source.type === "sha" ? "sha-" : source.type === "pr" ? "pr-" : undefined;
  const ofRule = options.prefix ?? own;
  const prefix = ofRule === undefined ? flavor.prefix : expand(ofRule, facts);
  const suffix = options.suffix === undefined ? flavor.suffix : expand(options.suffix, facts);
  const original = prefix + draft.text + suffix;
  const tag = tagText(original);
  if (tag !== undefined) return [{ ...draft, class: options.class ?? draft.class, original, tag, rule }];
  problems.push(
    new TsdockError("TAG_INVALID", `nothing of ${JSON.stringify(original)} can be in a tag`, {
      place: rule.site.place(),
      hint: "a tag has letters, digits, `_`, `.` and `-`: give the rule a prefix",
    }),
  );
  return [];
}

interface LatestInput {
  readonly flavor: Flavor;
  readonly release: ImageRelease;
  readonly notes: string[];
}

/** `latest` is decided once, for the whole release of the image. */
function withLatest(
  drafts: readonly AffixedDraft[],
  { flavor, release, notes }: LatestInput,
): readonly AffixedDraft[] {
  const original = `${flavor.prefixLatest ? flavor.prefix : ""}latest${flavor.suffixLatest ? flavor.suffix : ""}`;
  const tag = tagText(original) ?? "latest";
  const asked = drafts.filter((draft) => draft.tag === tag || draft.tag === "latest");
  const others = drafts.filter((draft) => !asked.includes(draft));
  const released = drafts.some((draft) => draft.release === true);
  const wanted = flavor.latest === "auto" ? released : flavor.latest && drafts.length > 0;
  if (asked.length === 0 && !wanted) return drafts;
  const versions = drafts.flatMap(({ version }) => version ?? []);
  const stable = newest(versions.filter((version) => version.stable));
  const refusal = whyNoLatest(release, versions.length > 0 && stable === undefined);
  if (refusal !== undefined) {
    notes.push(refusal);
    return others;
  }
  const line = stable && { scheme: stable.scheme, version: stable.text, same: [], among: "stable" as const };
  const reason = stable === undefined ? "the newest image" : `${stable.text} is a stable version`;
  const made = { text: original, original, tag, class: "rolling" as const, rule: undefined, line, reason };
  return [...others, ...asked.map((draft) => ({ ...draft, line })), ...(wanted ? [made] : [])];
}

function whyNoLatest({ facts, release }: ImageRelease, preRelease: boolean): string | undefined {
  if (isPullRequest(facts)) return "no latest from a pull request";
  if (preRelease) return "no latest for a pre-release";
  const { channel } = release ?? {};
  return typeof channel === "string" ? `no latest for the channel ${channel}` : undefined;
}

const newest = (versions: readonly Version[]): Version | undefined => {
  const [first] = versions;
  const same = versions.filter(({ scheme }) => scheme === first?.scheme);
  return [...same].sort(compareVersions).at(-1);
};

/** A snapshot is of no line: it gets names of its own and moves none. */
function withoutSnapshots(drafts: readonly AffixedDraft[], notes: string[]): readonly AffixedDraft[] {
  const snapshot = drafts.find(({ version }) => version !== undefined && isSnapshot(version))?.version;
  if (snapshot === undefined) return drafts;
  const kept = drafts.filter((draft) => draft.class === "immutable");
  if (kept.length < drafts.length) notes.push(`no rolling tag for the snapshot ${snapshot.text}`);
  return kept;
}

const isSnapshot = ({ major, minor, patch, stable }: Version): boolean =>
  !stable && major === 0 && minor === 0 && patch === 0;

function mergeDrafts(drafts: readonly AffixedDraft[], problems: TsdockError[]): readonly AffixedDraft[] {
  const merged = new Map<string, AffixedDraft>();
  for (const draft of drafts) {
    const other = merged.get(draft.tag);
    if (other === undefined) merged.set(draft.tag, draft);
    else if (other.original === draft.original) merged.set(draft.tag, mergeTwo(other, draft));
    else problems.push(collision(other, draft));
  }
  return [...merged.values()];
}

function mergeTwo(first: AffixedDraft, second: AffixedDraft): AffixedDraft {
  // `1.2` of a version that is called so, and of its line: the next version of the line will move it.
  const lined = [first, second].find(({ line }) => line !== undefined);
  if (lined !== undefined) return { ...first, class: lined.class, line: lined.line };
  return [first, second].find((draft) => draft.class === "immutable") ?? first;
}

/** How whole versions look among this image's tags. */
function formsOf(drafts: readonly AffixedDraft[]): readonly TagForm[] {
  const forms = new Map<string, TagForm>();
  for (const { tag, version, line } of drafts) {
    if (version === undefined || line !== undefined) continue;
    const at = tag.indexOf(version.text);
    const form = { prefix: tag.slice(0, at), suffix: tag.slice(at + version.text.length) };
    if (at >= 0) forms.set(JSON.stringify(form), form);
  }
  return [...forms.values()];
}

const wantedTag = (
  { tag, class: tagClass, line, reason }: AffixedDraft,
  forms: readonly TagForm[],
): WantedTag => ({
  tag,
  class: tagClass,
  reason,
  ...(line === undefined || tagClass === "immutable" ? {} : { line: { ...line, forms } }),
});

/** A release whose version nobody understood must not look like one that had none. */
function checkUnderstood(
  { rules }: TagSettings,
  { tag }: ImageRelease,
  drafts: readonly AffixedDraft[],
  problems: TsdockError[],
): void {
  if (tag === undefined || problems.length > 0 || !looksLikeVersion(tag.value)) return;
  const reading = rules.filter(
    ({ source, options }) =>
      options.enable !== false &&
      (source.type === "semver" || source.type === "pep440") &&
      source.value === undefined,
  );
  const [first] = reading;
  if (
    first === undefined ||
    drafts.some(({ version, rule }) => version !== undefined || rule?.source.type === "tag")
  )
    return;
  const owner = packageOfTag(tag.value);
  const hint =
    owner === undefined
      ? "a semantic version has three numbers: name the tag v1.2.3, use pep440() or match(), or add tag() to take it as it is"
      : `${owner} is no image or package of an image here: do not publish for this tag, or say by semver({ match: /…(.+)/ }) what of it is the version`;
  problems.push(
    new TsdockError(
      "TAG_NOT_UNDERSTOOD",
      `the git tag ${tag.value} looks like a version, and no rule understands it`,
      {
        place: first.site.place(),
        details: `the tag comes from ${tag.source}`,
        hint,
      },
    ),
  );
}

const mistake = (rule: TagRule, { message, hint }: RuleMistake): TsdockError =>
  new TsdockError("TAG_RULE_INVALID", `the tag rule ${rule.source.type}: ${message}`, {
    place: rule.site.place(),
    hint,
  });

const collision = (first: AffixedDraft, second: AffixedDraft): TsdockError =>
  new TsdockError(
    "PUBLISH_COLLISION",
    `${JSON.stringify(first.original)} and ${JSON.stringify(second.original)} would both be the tag ${first.tag}`,
    { place: (second.rule ?? first.rule)?.site.place(), hint: "give one of the rules a prefix or a suffix" },
  );

/** The error of immutable tags for files that are in no commit. */
export function dirtyTree({ dirty, allowDirty }: ReleaseFacts): readonly TsdockError[] {
  if (dirty?.value !== true || allowDirty) return [];
  const message = "files differ from the commit, and immutable tags would not say so";
  const hint = "commit or stash them, or give --allow-dirty";
  return [new TsdockError("PUBLISH_DIRTY", message, { details: `seen by ${dirty.source}`, hint })];
}
