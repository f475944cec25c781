import path from "node:path";
import { throwAll, TsdockError } from "../errors/tsdock-error.ts";
import type { NamedImage } from "../config/define-config.ts";
import type { CompiledImage, DefaultAnnotation } from "../graph/definition.ts";
import { annotationName } from "../graph/image-annotations.ts";
import { select } from "../graph/select.ts";
import type { SourceRevision } from "../plugin/attestation.ts";
import { shownFacts } from "../publish/facts/join-facts.ts";
import type { ReleaseFacts } from "../publish/facts/release-facts.ts";
import { stampAnnotations } from "../publish/facts/stamp.ts";
import type { PlanFact, WantedTag } from "../publish/publish-result.ts";
import { imageSettings, type TagSources } from "../publish/tags/image-settings.ts";
import { dirtyTree, type WantedTags, wantedTags } from "../publish/tags/wanted-tags.ts";
import type { Host } from "./host.ts";
import { type FactsRequest, readReleaseFacts } from "./read-release-facts.ts";
import type { Workspace } from "./workspace.ts";

export interface TagRequest extends FactsRequest {
  /** Names, globs and groups; none means all images. */
  readonly images: readonly string[];
  /** Those of the configuration unless given. */
  readonly tags: readonly string[];
  /** The tags given must never mean another image. */
  readonly immutable: boolean;
}

export interface PublishTags {
  /** Names of the images that get tags: the others have no part in the release. */
  readonly images: readonly string[];
  readonly tags: (image: string) => readonly WantedTag[];
  /** Images that are published already, under this tag, and only get the other tags; then there are no others. */
  readonly existing: ReadonlyMap<string, string>;
  readonly facts: readonly PlanFact[];
  /** What images get as annotations that only a release knows; those that they have already stay. */
  readonly added: (image: CompiledImage) => readonly DefaultAnnotation[];
  /** What the images are made from. */
  readonly source: SourceRevision;
}

interface NamedTags extends WantedTags {
  readonly name: string;
}

/**
 * The tags that images are to get, and what they were computed from.
 * Errors `TAG_RULE_INVALID`, `TAG_NOT_UNDERSTOOD`, `TAG_INVALID`, `PUBLISH_COLLISION`, `PUBLISH_DIRTY`, `PUBLISH_NO_TAG`, `CONFIG_INVALID`,
 * and those of the facts; all at once.
 */
export async function publishTags(
  request: TagRequest,
  workspace: Workspace,
  host: Host,
): Promise<PublishTags> {
  const { compiled, config } = workspace;
  const all = compiled.definition.images;
  const chosen = select(compiled.definition, { names: request.images, groups: config.groups });
  const named = (image: CompiledImage) => {
    return { name: image.name, directory: path.relative(config.directory, image.directory) || "." };
  };
  const facts = await readReleaseFacts(
    request,
    { directory: config.directory, images: all.map(named) },
    host,
  );
  const added = addedAnnotations(facts, config, named);
  // Found out before anything is built.
  for (const image of chosen) added(image);
  const source = sourceRevision(facts);
  if (request.tags.length > 0) return { ...givenTags(request, chosen, facts), added, source };
  const sources = tagSources(workspace);
  const results = chosen.map((image): NamedTags => {
    const settings = imageSettings(named(image), sources);
    if (settings === undefined) throw noTags(image.name);
    return { name: image.name, ...wantedTags(settings, facts, named(image)) };
  });
  throwAll(distinct(results.flatMap(({ problems }) => problems)));
  checkLeftOut(results, request.images);
  const byName = new Map(results.map((result) => [result.name, result.tags]));
  const existing = new Map(
    results.flatMap(({ name, existing }) => (existing === undefined ? [] : [[name, existing]])),
  );
  const part = results.filter(
    ({ name, tags }) => tags.length > 0 && (existing.size === 0 || existing.has(name)),
  );
  return {
    images: part.map(({ name }) => name),
    tags: (name) => byName.get(name) ?? [],
    existing,
    facts: shownFacts(facts),
    added,
    source,
  };
}

const sourceRevision = ({ remote, revision, dirty }: ReleaseFacts): SourceRevision => ({
  ...(remote === undefined ? {} : { repository: remote.value }),
  ...(revision === undefined ? {} : { revision: revision.value }),
  dirty: dirty?.value ?? false,
});

const addedAnnotations =
  (facts: ReleaseFacts, { stamp }: Workspace["config"], named: (image: CompiledImage) => NamedImage) =>
  (image: CompiledImage): readonly DefaultAnnotation[] => {
    if (image.described === undefined) return [];
    const { remote } = facts;
    const source = remote === undefined ? [] : [{ name: annotationName("source"), ...remote }];
    return [...source, ...stampAnnotations(stamp, facts, named(image))];
  };

function givenTags(
  { tags, immutable }: TagRequest,
  images: readonly CompiledImage[],
  facts: ReleaseFacts,
): Omit<PublishTags, "added" | "source"> {
  const kind = immutable ? "immutable" : "rolling";
  throwAll(immutable ? dirtyTree(facts) : []);
  const wanted = tags.map((tag) => ({ tag, class: kind, reason: "given by --tag" }) as const);
  return {
    images: images.map(({ name }) => name),
    tags: () => wanted,
    existing: new Map(),
    facts: shownFacts(facts),
  };
}

function tagSources({ compiled, config }: Workspace): TagSources {
  const members = (group: string): ReadonlySet<string> => {
    const images = select(compiled.definition, { names: [`group:${group}`], groups: config.groups });
    return new Set(images.map(({ name }) => name));
  };
  const declared = compiled.groupTags.map(({ group, tags, site }) => {
    return { name: group, tags, images: members(group), place: () => site.place() };
  });
  const configured = Object.entries(config.groupTags).map(([name, tags]) => {
    return { name, tags, images: members(name), place: () => config.place(["groups", name], "key") };
  });
  return {
    config: config.tags,
    place: () => config.place(["tags"], "value"),
    groups: [...declared, ...configured],
  };
}

/** The same mistake in the rules of many images is one. */
const distinct = (problems: readonly TsdockError[]): readonly TsdockError[] => [
  ...new Map(problems.map((problem) => [`${problem.code} ${problem.message}`, problem])).values(),
];

/** Releases of a monorepo leave images out; one that is asked for by name, or all of them, are not left out quietly. */
function checkLeftOut(results: readonly NamedTags[], names: readonly string[]): void {
  const without = results.filter(({ tags }) => tags.length === 0);
  const asked = without.filter(({ name }) => names.includes(name));
  const missing = without.length === results.length ? without : asked;
  const [first] = missing;
  if (first === undefined) return;
  const lines = missing
    .slice(0, 20)
    .map(({ name, notes }) => `${name}: ${notes.join("; ") || "no rule is enabled"}`);
  const whom = missing.length === 1 ? first.name : `any of ${missing.length} images`;
  throw new TsdockError("PUBLISH_NO_TAG", `no tag rule gives a tag for ${whom}`, {
    details: lines.join("\n"),
    hint: "add a rule that fires here, such as branch() or sha(), say what is released by --ref or --release, or give --tag TAG",
  });
}

const noTags = (image: string): TsdockError =>
  new TsdockError("PUBLISH_NO_TAG", `nothing says which tags ${image} gets`, {
    hint: "set `tags` in tsdock.config.ts, for example [semver(), branch(), sha()], or give --tag TAG",
  });
