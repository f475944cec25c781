import type { ProjectContext } from "../project/project-context.ts";
import { TsdockError } from "tsdock/plugin";
import { isMembers, placeOf, textOf } from "../project/data-file.ts";
import type { Project } from "../project/find-project.ts";
import { join, type Manifest, readManifest, readText } from "../project/manifest.ts";
import { parseRange, type Version, type VersionTest } from "./semver.ts";

/** What a file says of the version of Node. */
export interface NodeConstraint {
  /** As written: `>=20`, `lts/iron`. */
  readonly text: string;
  /** Where: `engines in package.json`. */
  readonly from: string;
  readonly allows: VersionTest;
}

/** First numbers of the lines with long-term support by their names (`lts/iron`). */
const lines: Readonly<Record<string, number>> = {
  argon: 4,
  boron: 6,
  carbon: 8,
  dubnium: 10,
  erbium: 12,
  fermium: 14,
  gallium: 16,
  hydrogen: 18,
  iron: 20,
  jod: 22,
  krypton: 24,
};

const isLongTerm = ([major]: Version): boolean => major % 2 === 0;

/** What `.nvmrc` and `.node-version` may hold: versions, ranges, `node`, `lts/*`, `lts/iron`. */
function parseNodeVersion(text: string): VersionTest | undefined {
  const plain = text.toLowerCase();
  if (["node", "stable", "latest", "current"].includes(plain)) return () => true;
  const [, line] = /^lts(?:[/-](.+))?$/.exec(plain) ?? [];
  if (line === "*" || plain === "lts") return isLongTerm;
  if (line !== undefined) {
    const major = lines[line];
    return major === undefined ? undefined : (version) => version[0] === major;
  }
  return parseRange(text.replace(/^node[-/]?/, ""));
}

function fromManifest(manifest: Manifest): { readonly field: string; readonly text: string }[] {
  const { devEngines, engines } = manifest.raw;
  const runtime = isMembers(devEngines) ? devEngines["runtime"] : undefined;
  const runtimes: readonly unknown[] = Array.isArray(runtime) ? runtime : [runtime];
  const stated = runtimes.flatMap((one) =>
    isMembers(one) && one["name"] === "node" ? (textOf(one["version"]) ?? []) : [],
  );
  const engine = isMembers(engines) ? textOf(engines["node"]) : undefined;
  return [
    ...stated.map((text) => ({ field: "devEngines", text })),
    ...(engine === undefined ? [] : [{ field: "engines", text: engine }]),
  ];
}

/** All that files say of Node: in the package and at the root of its project. Error `NODE_RUNTIME_UNKNOWN` for what is no version. */
export function nodeConstraints(
  context: ProjectContext,
  project: Project,
  given: string | null,
): readonly NodeConstraint[] {
  const directories = [
    ...new Set([join(project.root, project.directory).replace(/^\/|\/$/g, ""), project.root]),
  ];
  const found: NodeConstraint[] = [];
  if (given !== null)
    found.push({ text: given, from: "nodeApp()", allows: testOf(given, "nodeApp()", undefined) });
  for (const directory of directories) {
    const manifest = readManifest(context, directory);
    for (const { field, text } of manifest === undefined ? [] : fromManifest(manifest)) {
      const from = `${field} in ${join(directory, "package.json")}`;
      const place = manifest === undefined ? undefined : placeOf(manifest.file, JSON.stringify(text));
      found.push({ text, from, allows: testOf(text, from, place) });
    }
    for (const name of [".nvmrc", ".node-version"]) {
      const file = readText(context, join(directory, name));
      const text = file?.text.replace(/#.*$/gm, "").trim();
      if (file === undefined || text === undefined || text === "") continue;
      const from = join(directory, name);
      found.push({ text, from, allows: testOf(text, from, { file: file.path, line: 1, column: 1 }) });
    }
  }
  return found;
}

function testOf(text: string, from: string, place: ReturnType<typeof placeOf> | undefined): VersionTest {
  const test = parseNodeVersion(text);
  if (test !== undefined) return test;
  throw new TsdockError(
    "NODE_RUNTIME_UNKNOWN",
    `${from} asks for Node ${JSON.stringify(text)}, which is no version`,
    {
      place,
      hint: "write a version or a range: 22, >=20.19, lts/*",
    },
  );
}
