import path from "node:path";
import type { ProjectContext } from "./project-context.ts";
import { isMembers, type Members, parseJsonWithComments, textList, textOf } from "./data-file.ts";
import { join, readText } from "./manifest.ts";
import { type WorkspacePackage, workspacePackages } from "./workspace-packages.ts";

type Reader = Pick<ProjectContext, "files" | "workspace">;

const membersOf = (value: unknown): Members => (isMembers(value) ? value : {});

/** What a tsconfig names outside of itself: other tsconfigs or their directories, and sources that `paths` lead to. Relative to it. */
function namedBy(config: Members): {
  readonly configs: readonly string[];
  readonly sources: readonly string[];
} {
  const { references } = config;
  const listed = Array.isArray(references) ? references : [];
  const options = membersOf(config["compilerOptions"]);
  const base = textOf(options["baseUrl"]) ?? ".";
  const targets = Object.values(membersOf(options["paths"])).flatMap((value) => textList(value) ?? []);
  const isFile = (name: string): boolean => /^\.{1,2}(?:\/|$)/.test(name);
  return {
    configs: [
      ...listed.flatMap((one) => (isMembers(one) ? (textOf(one["path"]) ?? []) : [])),
      ...(textList(config["extends"]) ?? []).filter(isFile),
    ],
    sources: targets.map((target) => path.posix.join(base, target.replace(/\*.*$/, ""))),
  };
}

/** Paths that the tsconfigs of a directory lead to, those of other tsconfigs included; relative to the root of the project. */
function* reachedFrom(reader: Reader, root: string, directory: string): Generator<string> {
  const open = reader.files
    .list(join(root, directory))
    .filter(({ name }) => /^tsconfig(?:\..+)?\.json$/.test(name))
    .map(({ name }) => join(directory, name));
  const seen = new Set(open);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const file = readText(reader, join(root, at));
    if (file === undefined) continue;
    const { configs, sources } = namedBy(membersOf(parseJsonWithComments(file, "NODE_MANIFEST_INVALID")));
    const from = path.posix.dirname(at);
    const within = (names: readonly string[]): readonly string[] =>
      names.map((name) => path.posix.join(from, name)).filter((name) => !name.startsWith("../"));
    yield* within([...configs, ...sources]);
    for (const name of within(configs)) {
      const next = name.endsWith(".json") ? name : path.posix.join(name, "tsconfig.json");
      if (!seen.has(next)) open.push(next);
      seen.add(next);
    }
  }
}

/** The innermost package that a path lies in; the root is none. */
function packageAt(packages: readonly WorkspacePackage[], at: string): WorkspacePackage | undefined {
  const plain = at.replace(/\/+$/, "");
  return packages
    .filter(({ directory }) => directory !== "" && (plain === directory || plain.startsWith(`${directory}/`)))
    .sort((a, b) => b.directory.length - a.directory.length)[0];
}

/**
 * Packages of the workspace that a package is compiled with though nothing says that it depends on them: those that
 * `references`, `extends` and `paths` of its tsconfigs lead to, and of theirs. Error `NODE_MANIFEST_INVALID`.
 */
export function referencedPackages(
  reader: ProjectContext,
  root: string,
  directory: string,
): readonly string[] {
  const packages = workspacePackages(reader, root);
  const byName = new Map(packages.map((one) => [one.manifest.name, one]));
  const reached = new Set([directory]);
  for (const current of reached) {
    const manifest = packages.find((one) => one.directory === current)?.manifest;
    const needed = Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies });
    const next = [
      ...needed.flatMap((name) => byName.get(name) ?? []),
      ...[...reachedFrom(reader, root, current)].flatMap((at) => packageAt(packages, at) ?? []),
    ];
    for (const { directory: found } of next) reached.add(found);
  }
  reached.delete(directory);
  return [...reached].sort();
}
