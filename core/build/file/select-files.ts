import { type ByteString, baseName, joinPath } from "../../oci/layer/entry.ts";
import type { TreeEntry } from "../../oci/layer/tree.ts";
import type { IgnoreMatcher, ParentMatches } from "../context/ignore-patterns.ts";
import type { SourceMatch } from "./match-sources.ts";
import { describeEntry } from "./describe-entry.ts";
import { LineHash } from "./line-hash.ts";
import type { SourceTree } from "./source-tree.ts";

/** Something that a copy copies, with what lies in it. */
export interface SelectedFile {
  readonly name: ByteString;
  readonly entry: TreeEntry;
  readonly children: readonly SelectedFile[];
  /** Whether it is a directory and nothing in it is left out. */
  readonly isWhole?: true;
}

/** A match of a copy's source. Undefined `top`: all of it is excluded. */
export interface Selection {
  readonly match: SourceMatch;
  /** The directories that are kept on the way, as they are in the source. */
  readonly parents: readonly SelectedFile[];
  readonly top: SelectedFile | undefined;
}

/**
 * What is copied of each match: all that `exclude` does not name. Its patterns are taken from the directory that is copied, or,
 * with `parents`, from where the kept part of the path begins; a file that is copied by itself goes by its name.
 */
export function selectFiles(
  tree: SourceTree,
  matches: readonly SourceMatch[],
  exclude: IgnoreMatcher,
  keepParents: boolean,
): Selection[] {
  return matches.map((match) => {
    const { entry, path } = match;
    const parents = keepParents ? match.parents : [];
    const name = baseName(path);
    let state: ParentMatches = [];
    let rel = "";
    let hidden = false;
    for (const parent of parents) {
      rel = joinPath(rel, baseName(parent));
      const result = exclude.match(rel, state);
      state = result.matches;
      hidden = result.ignored && !exclude.mayHoldExceptions(rel);
      if (hidden) break;
    }
    const kept = parents.map((parent) => ({
      name: baseName(parent),
      entry: parentEntry(tree, parent),
      children: [],
    }));
    if (hidden) return { match, parents: kept, top: undefined };
    const named = keepParents || entry.type !== "directory";
    const top = named
      ? select(tree, exclude, entry, name, joinPath(rel, name), state)
      : whole(tree, exclude, entry, name);
    return { match, parents: kept, top };
  });
}

function parentEntry(tree: SourceTree, path: ByteString): TreeEntry {
  const entry = tree.get(tree.resolve(path, { followLast: true }));
  return entry?.type === "directory"
    ? entry
    : { type: "directory", path, mode: 0o755, uid: 0, gid: 0, mtime: 0 };
}

/** A directory whose contents are copied: patterns do not speak of itself. */
const whole = (tree: SourceTree, exclude: IgnoreMatcher, entry: TreeEntry, name: ByteString): SelectedFile =>
  exclude.isEmpty
    ? wholeDirectory(tree, exclude, entry, name)
    : { name, entry, children: childrenOf(tree, exclude, entry.path, "", []) };

/** What is in it is listed when somebody asks: often its summary is all that is wanted. */
function wholeDirectory(
  tree: SourceTree,
  nothing: IgnoreMatcher,
  entry: TreeEntry,
  name: ByteString,
): SelectedFile {
  let children: readonly SelectedFile[] | undefined;
  return {
    name,
    entry,
    isWhole: true,
    get children() {
      children ??= childrenOf(tree, nothing, entry.path, "", []);
      return children;
    },
  };
}

function childrenOf(
  tree: SourceTree,
  exclude: IgnoreMatcher,
  directory: ByteString,
  rel: ByteString,
  state: ParentMatches,
): SelectedFile[] {
  const selected: SelectedFile[] = [];
  for (const entry of tree.children(directory)) {
    const name = baseName(entry.path);
    const child = select(tree, exclude, entry, name, joinPath(rel, name), state);
    if (child !== undefined) selected.push(child);
  }
  return selected;
}

const none: readonly SelectedFile[] = [];

function select(
  tree: SourceTree,
  exclude: IgnoreMatcher,
  entry: TreeEntry,
  name: ByteString,
  rel: ByteString,
  state: ParentMatches,
): SelectedFile | undefined {
  const { ignored, matches } =
    exclude.isEmpty || rel === "" ? { ignored: false, matches: state } : exclude.match(rel, state);
  if (entry.type !== "directory") return ignored ? undefined : { name, entry, children: none };
  if (exclude.isEmpty) return wholeDirectory(tree, exclude, entry, name);
  if (ignored && !exclude.mayHoldExceptions(rel)) return undefined;
  const children = childrenOf(tree, exclude, entry.path, rel, matches);
  return ignored && children.length === 0 ? undefined : { name, entry, children };
}

/** A digest of everything that is selected of a context: names, contents, links and modes. */
export function identifySelections(tree: SourceTree, selections: readonly Selection[]): string {
  const hash = new LineHash();
  for (const { match, parents, top } of selections) {
    hash.add(`match ${match.path}\0`);
    for (const parent of parents) identify(tree, parent, hash);
    if (top !== undefined) identify(tree, top, hash);
  }
  return hash.digest();
}

function identify(tree: SourceTree, file: SelectedFile, hash: LineHash): void {
  const { name, entry } = file;
  const summary = file.isWhole === true ? tree.summary?.(entry.path) : undefined;
  hash.add(`${name}\0${describeEntry(entry, tree)}\0${summary ?? file.children.length}\n`);
  if (summary === undefined) for (const child of file.children) identify(tree, child, hash);
}
