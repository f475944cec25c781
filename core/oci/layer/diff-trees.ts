import { lstatSync, readdirSync, type Stats } from "node:fs";
import { nativePath } from "./byte-path.ts";
import { type CaptureOptions, captureTree } from "./capture.ts";
import { type ByteString, joinPath, type LayerEntry, parentPath, toByteString } from "./entry.ts";
import { whiteoutEntry } from "./whiteout.ts";

/** What `lstat` says of every path below a directory: enough to see later what changed. */
export type TreeSnapshot = ReadonlyMap<ByteString, FileState>;
type FileState = readonly [
  mode: number,
  uid: number,
  gid: number,
  size: number,
  mtimeMs: number,
  ctimeMs: number,
  ino: number,
];

export interface SnapshotOptions {
  /** Leaves a path out, and all below it: mount points such as `proc`. */
  readonly skip?: (path: ByteString) => boolean;
}

const stateOf = (stats: Stats): FileState => [
  stats.mode,
  stats.uid,
  stats.gid,
  stats.isDirectory() ? 0 : stats.size,
  stats.mtimeMs,
  stats.ctimeMs,
  stats.ino,
];

/** Looks at every path below `directory` (absolute), links not followed. */
export function snapshotTree(directory: string, { skip }: SnapshotOptions = {}): TreeSnapshot {
  const root = toByteString(directory);
  const states = new Map<ByteString, FileState>();
  const visit = (path: ByteString): void => {
    const absolute = path === "" ? root : `${root}/${path}`;
    for (const name of readdirSync(nativePath(absolute), { encoding: "latin1" })) {
      const child = joinPath(path, name);
      if (skip?.(child)) continue;
      const stats = lstatSync(nativePath(`${root}/${child}`));
      states.set(child, stateOf(stats));
      if (stats.isDirectory()) visit(child);
    }
  };
  visit("");
  return states;
}

const sameState = (a: FileState, b: FileState): boolean => a.every((value, index) => value === b[index]);

/** With all directories above, as an overlay's upper directory has them. */
function withParents(paths: Iterable<ByteString>): Set<ByteString> {
  const all = new Set<ByteString>();
  for (const path of paths) for (let at = path; at !== "" && !all.has(at); at = parentPath(at)) all.add(at);
  return all;
}

/** The topmost paths that are gone and whose place nothing else has taken. */
function removedFrom(before: TreeSnapshot, after: TreeSnapshot): ByteString[] {
  const isDirectory = (path: ByteString): boolean =>
    path === "" || ((after.get(path)?.[0] ?? 0) & 0o170000) === 0o040000;
  return [...before.keys()].filter((path) => !after.has(path) && isDirectory(parentPath(path)));
}

/**
 * What changed below a plain directory since `before` was taken, as the entries of a layer, whiteouts among them: for
 * machines where overlayfs cannot be mounted. What `discard` names stays on disk as it is: its earlier state is not known. Sorted as `captureTree` does; the whiteouts come last.
 */
export function captureChanges(
  directory: string,
  before: TreeSnapshot,
  options: Omit<CaptureOptions, "only"> & SnapshotOptions,
): LayerEntry[] {
  const { skip, discard } = options;
  const leftOut = (path: ByteString): boolean => skip?.(path) === true || discard?.(path) === true;
  const after = snapshotTree(directory, { skip: leftOut });
  const removed = removedFrom(before, after).filter((path) => !isLeftOut(path, leftOut));
  const changed: ByteString[] = [];
  for (const [path, state] of after) {
    const earlier = before.get(path);
    if (earlier === undefined || !sameState(earlier, state)) changed.push(path);
  }
  const wanted = withParents([...changed, ...removed.map(parentPath)]);
  if (wanted.size === 0 && removed.length === 0) return [];
  const { clampTime, clampOnDisk } = options;
  const entries = captureTree(directory, {
    only: (path) => wanted.has(path),
    ...(clampTime === undefined ? {} : { clampTime }),
    ...(clampOnDisk === undefined ? {} : { clampOnDisk }),
  });
  return [...entries, ...removed.map(whiteoutEntry)];
}

/** Whether a path or a directory above it is left out. */
function isLeftOut(path: ByteString, leftOut: (path: ByteString) => boolean): boolean {
  for (let at = path; at !== ""; at = parentPath(at)) if (leftOut(at)) return true;
  return false;
}
