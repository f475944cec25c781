import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "../../oci/layer/byte-path.ts";
import { type ByteString, baseName, fromByteString, joinPath, parentPath } from "../../oci/layer/entry.ts";
import type { TreeEntry } from "../../oci/layer/tree.ts";
import { parseSourcePattern, type SourcePattern } from "./source-pattern.ts";
import type { SourceTree } from "./source-tree.ts";

/** One thing that a source of a copy stands for. */
export interface SourceMatch {
  /** As named in the tree, links at its end not followed: gives the name of the copy. */
  readonly path: ByteString;
  /** What is there, links followed. */
  readonly entry: TreeEntry;
  /** The directories that `parents` keeps, outermost first: paths in the source tree. */
  readonly parents: readonly ByteString[];
}

export interface MatchContext {
  /** What the tree is, for messages: `the context /src/web`, `the image base`. */
  readonly name: string;
  /** Whether `.dockerignore` hides a path; only contexts know. */
  readonly isIgnored?: (path: ByteString) => boolean;
}

/**
 * What the sources of a copy stand for, in the order in which they are written, each pattern's matches in byte order. A link that
 * is named (or matched) itself is followed within the tree, as docker does; what lies below a matched directory belongs to it.
 * Errors `COPY_NO_MATCH`, `PATH_OUTSIDE_CONTEXT`, `COPY_PATTERN_INVALID`.
 */
export function matchSources(
  tree: SourceTree,
  include: readonly string[],
  context: MatchContext,
): SourceMatch[] {
  const known = matched.get(tree) ?? new Map<string, readonly SourceMatch[]>();
  matched.set(tree, known);
  return include.flatMap((written) => {
    const matches = known.get(written) ?? matchSource(tree, written, context);
    known.set(written, matches);
    return matches;
  });
}

/** Trees do not change: what a source was checked for stands for the copy too. */
const matched = new WeakMap<SourceTree, Map<string, readonly SourceMatch[]>>();

function matchSource(tree: SourceTree, written: string, context: MatchContext): readonly SourceMatch[] {
  const pattern = parseSourcePattern(written);
  const paths = [...expand(tree, pattern)];
  if (paths.length === 0) throw noMatch(tree, pattern, context);
  return withoutNested(tree, [...new Set(paths)].sort()).map((path) => toMatch(tree, pattern, path, context));
}

function toMatch(
  tree: SourceTree,
  pattern: SourcePattern,
  path: ByteString,
  context: MatchContext,
): SourceMatch {
  const resolved = tree.resolve(path, { followLast: true });
  const entry = tree.get(resolved);
  if (entry === undefined) throw leadsNowhere(tree, path, context);
  const names = path.split("/");
  const parents = names
    .slice(pattern.pivot, -1)
    .map((_, index) => names.slice(0, pattern.pivot + index + 1).join("/"));
  return { path, entry, parents };
}

/** Paths that a pattern matches. Names before the first wildcard lead through links, those after it do not. */
function* expand(tree: SourceTree, { parts }: SourcePattern): Generator<ByteString, void, undefined> {
  const wild = parts.findIndex((part) => part.type !== "name");
  const names = parts
    .slice(0, wild === -1 ? parts.length : wild)
    .map((part) => (part.type === "name" ? part.name : ""));
  if (wild === -1) {
    const path = names.join("/");
    const parent = tree.resolve(parentPath(path), { followLast: true });
    if (path === "" || tree.get(joinPath(parent, baseName(path))) !== undefined) yield path;
    return;
  }
  const prefix = names.join("/");
  const start = tree.resolve(prefix, { followLast: true });
  if (tree.get(start)?.type !== "directory") return;
  for (const path of walk(tree, start, parts, wild)) yield rebase(path, start, prefix);
}

/** The path below `to` that lies below `from`. */
const rebase = (path: ByteString, from: ByteString, to: ByteString): ByteString =>
  from === to ? path : joinPath(to, from === "" ? path : path.slice(from.length + 1));

function* walk(
  tree: SourceTree,
  directory: ByteString,
  parts: SourcePattern["parts"],
  at: number,
): Generator<ByteString, void, undefined> {
  const part = parts[at];
  if (part === undefined) {
    yield directory;
    return;
  }
  if (part.type === "any-depth") yield* walk(tree, directory, parts, at + 1);
  const isLast = at === parts.length - 1;
  for (const name of part.type === "name" ? [part.name] : tree.list(directory)) {
    const path = joinPath(directory, name);
    if (part.type === "match" && !part.matches(name)) continue;
    const entry = tree.get(path);
    if (entry === undefined) continue;
    if (part.type === "any-depth") {
      if (entry.type === "directory") yield* walk(tree, path, parts, at);
    } else if (isLast) yield path;
    else if (entry.type === "directory") yield* walk(tree, path, parts, at + 1);
  }
}

/** Leaves out what lies below a matched directory: it is copied with that one. */
function withoutNested(tree: SourceTree, sorted: readonly ByteString[]): ByteString[] {
  const directories = new Set<ByteString>();
  const isNested = (path: ByteString): boolean => {
    for (let at = path; at !== ""; ) {
      at = parentPath(at);
      if (directories.has(at)) return true;
    }
    return false;
  };
  return sorted.filter((path) => {
    if (isNested(path)) return false;
    if (tree.get(path)?.type === "directory") directories.add(path);
    return true;
  });
}

function noMatch(tree: SourceTree, { written, parts }: SourcePattern, context: MatchContext): TsdockError {
  const literal = parts.every((part) => part.type === "name")
    ? parts.map((part) => part.name).join("/")
    : undefined;
  const message = `${JSON.stringify(written)} matches nothing in ${context.name}`;
  if (literal !== undefined && context.isIgnored?.(literal) === true) {
    return new TsdockError("COPY_NO_MATCH", `${message}: .dockerignore excludes it`, {
      hint: `add a line !${fromByteString(literal)} at the end of .dockerignore, or copy something else`,
    });
  }
  return new TsdockError("COPY_NO_MATCH", message, { hint: nearby(tree, parts) });
}

/** Names that may have been meant: those most like the first part that is not there, in the directory that is. */
function nearby(tree: SourceTree, parts: SourcePattern["parts"]): string {
  let directory = "";
  for (const part of parts) {
    const next = part.type === "name" ? joinPath(directory, part.name) : undefined;
    if (next !== undefined && tree.get(next)?.type === "directory") {
      directory = next;
      continue;
    }
    const wanted = part.type === "name" ? part.name : "";
    const names = [...tree.list(directory)]
      .sort((a, b) => likeness(b, wanted) - likeness(a, wanted))
      .slice(0, 5);
    const where = directory === "" ? "its root" : showPath(directory);
    return names.length === 0
      ? `there is nothing in ${where}`
      : `in ${where} there is ${names.map(fromByteString).join(", ")}`;
  }
  return `there is nothing in ${showPath(directory)}`;
}

/** How many pairs of neighbouring characters two names share: enough to find a slip of the finger. */
function likeness(name: ByteString, wanted: ByteString): number {
  const pairs = (text: ByteString) =>
    new Set(
      Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2).toLowerCase()),
    );
  const have = pairs(name);
  return [...pairs(wanted)].filter((pair) => have.has(pair)).length;
}

function leadsNowhere(tree: SourceTree, path: ByteString, context: MatchContext): TsdockError {
  const parent = tree.resolve(parentPath(path), { followLast: true });
  const entry = tree.get(joinPath(parent, baseName(path)));
  const target = entry?.type === "symlink" ? ` to ${showPath(entry.target)}` : "";
  return new TsdockError(
    "COPY_NO_MATCH",
    `${showPath(path)} in ${context.name} is a symbolic link${target}, where nothing is`,
    {
      hint: "links are followed within what is copied from only: copy the file itself, or the directory that holds the link",
    },
  );
}
