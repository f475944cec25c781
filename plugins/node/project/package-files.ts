import type { ProjectContext } from "./project-context.ts";
import { createRequire } from "node:module";
import { type ByteString, baseName, fromByteString, TsdockError, type WorkspaceEntry } from "tsdock/plugin";
import path from "node:path";
import { lockfileNames } from "./find-project.ts";
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
/** At the root of a project: state and caches of package managers; lockfiles, since most of what they say is of others. */
const neverAtRoot = new Set([
  ".yarn",
  ".pnpm-store",
  ".pnp.cjs",
  ".pnp.loader.mjs",
  ...lockfileNames,
  "tsdock.lock",
]);
/** What declares images is no part of them: another port would else build the app again. */
const declarations = /(?:^|\/)(?:[^/]+\.image|tsdock\.config)\.[cm]?[jt]sx?$/;

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
  /** Paths in the package that are made anew: not looked at. */
  readonly written: readonly string[];
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
  const hidden = new Set([
    ...options.others.flatMap((other) =>
      other !== directory && other.startsWith(prefix) ? [other.slice(prefix.length)] : [],
    ),
    ...options.written,
  ]);
  const skip = (at: ByteString): boolean =>
    never.has(baseName(at)) ||
    (directory === "" && neverAtRoot.has(at)) ||
    declarations.test(at) ||
    hidden.has(fromByteString(at));
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
  const targets = new Map(
    entries.flatMap(({ entry }) =>
      entry.type === "symlink" ? [[entry.path, targetOf(entry)] as const] : [],
    ),
  );
  for (const { entry } of entries) {
    if (entry.type !== "symlink" || resolves(entry.path, targets, present)) continue;
    throw new TsdockError(
      "NODE_LINK_BROKEN",
      `the symbolic link ${fromByteString(join(directory, entry.path))} leads to ${fromByteString(entry.target)}, which is not copied with it or leads back`,
      { hint: "let it lead to a file of the package, or name it in .dockerignore" },
    );
  }
}

type Symlink = Extract<WorkspaceEntry["entry"], { type: "symlink" }>;

/** Relative to the package; undefined where it leads out of everything. */
const targetOf = ({ path: at, target }: Symlink): ByteString | undefined =>
  target.startsWith("/") ? undefined : path.posix.join(path.posix.dirname(at), target).replace(/\/$/, "");

/** Whether a link leads to something in the end: kernels follow 40 links. */
function resolves(
  start: ByteString,
  targets: ReadonlyMap<ByteString, ByteString | undefined>,
  present: ReadonlySet<ByteString>,
): boolean {
  let at: ByteString | undefined = start;
  for (let steps = 0; steps < 40; steps++) {
    if (at === undefined || !targets.has(at)) return at === "." || (at !== undefined && present.has(at));
    at = targets.get(at);
  }
  return false;
}
