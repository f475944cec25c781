import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Release } from "./release-facts.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a release tool says that it releases, as JSON: changesets' publish plan, the packages that its action or release-please's
 * published, semantic-release's context, or `{ "package": "1.2.3" }`. Error `RELEASE_INVALID`.
 */
export function parseReleases(text: string, source: string): readonly Release[] {
  const value = parseJson(text, source);
  if (Array.isArray(value))
    return value.flatMap((item) => packageRelease(item, source, "published packages"));
  const fields = fieldsOf(value);
  if (fields === undefined) throw invalid(source, "it is neither a list nor an object");
  if (Array.isArray(fields.plan)) return changesetsPlan(fields, source);
  if (fields.nextRelease !== undefined) return semanticRelease(fields, source);
  if (fields.paths_released !== undefined || fields.releases_created !== undefined)
    return releasePlease(fields, source);
  return Object.entries(fields).map(([name, version]) => {
    if (typeof version === "string" && version !== "") return { package: name, version, source };
    throw invalid(source, `${JSON.stringify(name)} has no version`);
  });
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(source, `it is no JSON: ${error.message}`);
    throw error;
  }
}

/** `changeset publish-plan`: batches of packages, each with its dist-tag. */
function changesetsPlan({ version, plan }: Fields, source: string): readonly Release[] {
  if (version !== 1)
    throw invalid(source, `a publish plan of version ${JSON.stringify(version)} is not known`);
  const batches = plan as readonly unknown[];
  return batches.flatMap((batch) => {
    if (!Array.isArray(batch)) throw invalid(source, "a publish plan is a list of lists");
    return batch.flatMap((item) => packageRelease(item, source, "changesets' publish plan"));
  });
}

function packageRelease(item: unknown, source: string, what: string): readonly Release[] {
  const { name, version, tag } = fieldsOf(item) ?? {};
  if (typeof name !== "string" || typeof version !== "string")
    throw invalid(source, `an entry has no name and version: ${JSON.stringify(item)}`);
  // A package without npm's dist-tag (kind tag-only) is released all the same: by a git tag.
  const channel = typeof tag === "string" ? { channel: tag === "latest" ? null : tag } : {};
  return [{ package: name, version, ...channel, source: `${source}, ${what}` }];
}

/** semantic-release's context: `currentRelease` is there while a release is added to a channel. */
function semanticRelease(
  { nextRelease, currentRelease, branch }: Fields,
  source: string,
): readonly Release[] {
  const next = fieldsOf(nextRelease) ?? {};
  const { version, name } = next;
  if (typeof version !== "string") throw invalid(source, "nextRelease has no version");
  const given = next.channel === undefined ? fieldsOf(branch)?.channel : next.channel;
  const retag = fieldsOf(currentRelease) !== undefined;
  const what = retag ? "semantic-release, addChannel" : "semantic-release, nextRelease";
  return [
    {
      package: packageOfName(name, version),
      version,
      channel: typeof given === "string" && given !== "" ? given : null,
      ...(retag ? { retag } : {}),
      source: `${source}, ${what}`,
    },
  ];
}

/** semantic-release itself releases one package; tools for monorepos around it name the package in the release. */
function packageOfName(name: unknown, version: string): string | undefined {
  const found = typeof name === "string" ? /^(.+?)[@/-]v?(\d.*)$/.exec(name) : null;
  return found?.[2] === version ? found[1] : undefined;
}

/** The outputs of release-please's action: paths of packages, and fields that begin with a path. */
function releasePlease(fields: Fields, source: string): readonly Release[] {
  const paths = typeof fields.paths_released === "string" ? parseList(fields.paths_released, source) : [];
  return paths.map((path) => {
    // The package at the root has fields without a path.
    const version = fields[path === "." ? "version" : `${path}--version`];
    if (typeof version === "string") return { package: path, version, source: `${source}, release-please` };
    throw invalid(source, `release-please released ${path} and does not say its version`);
  });
}

function parseList(text: string, source: string): readonly string[] {
  const value = parseJson(text === "" ? "[]" : text, source);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw invalid(source, "paths_released is not a list");
}

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const invalid = (source: string, why: string): TsdockError =>
  new TsdockError("RELEASE_INVALID", `what is released cannot be read from ${source}: ${why}`, {
    hint: 'give what changesets, release-please or semantic-release print, or {"PACKAGE": "VERSION"}',
  });
