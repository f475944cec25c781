import type { ProjectContext } from "./project-context.ts";
import { createRequire } from "node:module";
import { type ByteString, baseName, fromByteString, TsdockError, type WorkspaceEntry } from "tsdock/plugin";
import path from "node:path";
import { join, type Manifest } from "./manifest.ts";

/** Never part of an app: what is installed elsewhere, what is of the repository, what may hold credentials. */
const never = new Set([
  "node_modules",
  ".git",
  ".hg",
  ".svn",
  ".DS_Store",
  ".npmrc",
  ".yarnrc",
  ".yarnrc.yml",
]);
/** At the root of a project: state and caches of package managers. */
const neverAtRoot = new Set([".yarn", ".pnpm-store", ".pnp.cjs", ".pnp.loader.mjs", "tsdock.lock"]);

const trimmed = (pattern: string): string =>
  pattern.replace(/^(?:\.?\/)+/, "").replace(/\/(?:\*\*?)?$/, "") || "**";

/** Which files a list of patterns has, as npm reads `files`: a directory stands for all in it; `!` takes away; the last one counts. */
export function fileMatcher(patterns: readonly string[]): (file: string) => boolean {
  const picomatch = createRequire(import.meta.url)("picomatch") as typeof import("picomatch");
  const rules = patterns.map((pattern) => {
    const negated = pattern.startsWith("!");
    const plain = trimmed(negated ? pattern.slice(1) : pattern);
    return { negated, matches: picomatch([plain, `${plain}/**`], { dot: true }) };
  });
  return (file) => rules.findLast(({ matches }) => matches(file))?.negated === false;
}

/** Paths that npm packs whatever `files` says. */
const always = (manifest: Manifest): ReadonlySet<string> =>
  new Set([
    "package.json",
    ...(manifest.main === undefined ? [] : [path.posix.normalize(manifest.main)]),
    ...Object.values(manifest.bin),
  ]);

export interface SelectOptions {
  /** Directory of the project, relative to the workspace. */
  readonly root: string;
  /** Directory of the package, relative to the root. */
  readonly directory: string;
  readonly manifest: Manifest;
  /** Instead of the `files` of the package.json. */
  readonly patterns: readonly string[] | null;
  /** Directories of other packages of the workspace, relative to the root. */
  readonly others: readonly string[];
}

/**
 * The files of a package of the workspace, paths relative to it: what its package.json lists under `files`, or all.
 * `.dockerignore` is heeded. Error `NODE_LINK_BROKEN` for a symbolic link that leads out of what is copied.
 */
export function packageFiles(context: ProjectContext, options: SelectOptions): readonly WorkspaceEntry[] {
  const { root, directory, manifest } = options;
  const patterns = options.patterns ?? manifest.files;
  const matches = patterns === undefined ? () => true : fileMatcher(patterns);
  const kept = always(manifest);
  const prefix = directory === "" ? "" : `${directory}/`;
  const others = new Set(
    options.others.flatMap((other) =>
      other !== directory && other.startsWith(prefix) ? [other.slice(prefix.length)] : [],
    ),
  );
  const skip = (at: ByteString): boolean =>
    never.has(baseName(at)) || (directory === "" && neverAtRoot.has(at)) || others.has(fromByteString(at));
  const entries = context.files.entries(join(root, directory), skip).filter(({ entry }) => {
    if (entry.type === "directory") return false;
    const file = fromByteString(entry.path);
    return kept.has(file) || matches(file);
  });
  checkLinks(entries, directory);
  return entries;
}

function checkLinks(entries: readonly WorkspaceEntry[], directory: string): void {
  const present = new Set<string>();
  for (const { entry } of entries) {
    for (let at = entry.path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) present.add(at);
  }
  for (const { entry } of entries) {
    if (entry.type !== "symlink") continue;
    const target = path.posix.join(path.posix.dirname(entry.path), entry.target);
    if (!entry.target.startsWith("/") && (target === "." || present.has(target.replace(/\/$/, "")))) continue;
    throw new TsdockError(
      "NODE_LINK_BROKEN",
      `the symbolic link ${fromByteString(join(directory, entry.path))} leads to ${fromByteString(entry.target)}, which is not copied with it`,
      { hint: "let it lead to a file of the package, or name it in .dockerignore" },
    );
  }
}
