import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Mode } from "../../graph/operation.ts";
import { showPath } from "../../oci/layer/byte-path.ts";
import { type ByteString, baseName, joinPath, parentPath } from "../../oci/layer/entry.ts";
import type { TreeEntry } from "../../oci/layer/tree.ts";
import type { Destination } from "./destination.ts";
import type { Owner } from "./file-owner.ts";
import type { DraftEntry, LayerDraft } from "./layer-draft.ts";
import type { SelectedFile, Selection } from "./select-files.ts";
import type { SourceTree } from "./source-tree.ts";

export interface CopyOptions {
  readonly action: {
    readonly include: readonly string[];
    readonly destination: string;
    readonly parents: boolean;
    readonly chmod?: Mode;
  };
  readonly tree: SourceTree;
  readonly selections: readonly Selection[];
  readonly destination: Destination;
  /** Undefined: files keep the owners that the source's entries have. */
  readonly owner: Owner | undefined;
  /**
   * Whether a directory of the source has a mode and an owner of its own. One that has none leaves what the base has as it
   * is unless `chmod` or `chown` say otherwise: `/tmp` must stay 1777.
   */
  readonly hasOwnMode: (directory: ByteString) => boolean;
}

/**
 * Puts the selected files where docker's COPY does: the contents of directories, files under their names; with `parents`
 * below the directories that they had.
 */
export function placeCopy(options: CopyOptions, draft: LayerDraft): void {
  const { action, selections, destination } = options;
  requireDirectory(options, draft);
  const place = draft.resolve(destination.path);
  for (const { match, parents, top } of selections) {
    if (action.parents) {
      draft.ensureDirectory(place);
      if (top === undefined) continue;
      const below = parents.reduce(
        (at, parent) => putDirectory(options, draft, joinPath(at, parent.name), parent.entry),
        place,
      );
      if (match.path === "") putChildren(options, draft, below, top);
      else put(options, draft, below, top);
    } else if (match.entry.type === "directory") {
      draft.ensureDirectory(place);
      if (top !== undefined) putChildren(options, draft, place, top);
    } else if (top !== undefined) putNamed(options, draft, place, top);
  }
}

/** Several things cannot go to one name. */
function requireDirectory({ action, selections, destination }: CopyOptions, draft: LayerDraft): void {
  if (destination.isDirectory || action.parents) return;
  const files = selections.filter(({ match }) => match.entry.type !== "directory").length;
  const severalMatches =
    selections.length > 1 && files > 0 && !draft.isDirectory(draft.resolve(destination.path));
  if (action.include.length < 2 && !severalMatches) return;
  const what =
    action.include.length > 1
      ? `${action.include.length} sources`
      : `${selections.length} matches of ${JSON.stringify(action.include[0])}`;
  throw new TsdockError(
    "COPY_DESTINATION_INVALID",
    `${what} cannot all be copied to ${showPath(destination.path)}`,
    {
      hint: `end the destination with / to copy into a directory: ${JSON.stringify(`${action.destination}/`)}`,
    },
  );
}

function putNamed(options: CopyOptions, draft: LayerDraft, place: ByteString, file: SelectedFile): void {
  const into = options.destination.isDirectory || draft.isDirectory(place);
  draft.ensureDirectory(into ? place : parentPath(place));
  putFile(options, draft, into ? joinPath(place, file.name) : place, file.entry);
}

function put(options: CopyOptions, draft: LayerDraft, directory: ByteString, file: SelectedFile): void {
  const path = joinPath(directory, file.name);
  if (file.entry.type !== "directory") putFile(options, draft, path, file.entry);
  else putChildren(options, draft, putDirectory(options, draft, path, file.entry), file);
}

function putChildren(
  options: CopyOptions,
  draft: LayerDraft,
  directory: ByteString,
  { children }: SelectedFile,
): void {
  for (const child of children) put(options, draft, directory, child);
}

/** A directory within what is copied; gives the place where it lies. */
function putDirectory(
  { action, owner, hasOwnMode }: CopyOptions,
  draft: LayerDraft,
  path: ByteString,
  entry: TreeEntry,
): ByteString {
  const { uid, gid, xattrs } = entry;
  const kept = hasOwnMode(entry.path) ? undefined : draft.baseDirectory(path);
  const directory: Extract<DraftEntry, { type: "directory" }> = {
    type: "directory",
    mode: action.chmod ?? kept?.mode ?? entry.mode,
    ...(owner ?? (kept === undefined ? { uid, gid } : { uid: kept.uid, gid: kept.gid })),
    ...(xattrs === undefined ? {} : { xattrs }),
  };
  return draft.putDirectory(path, directory);
}

function putFile(
  { action, owner, tree }: CopyOptions,
  draft: LayerDraft,
  path: ByteString,
  source: TreeEntry,
): void {
  if (source.type === "directory") throw new Error(`${baseName(path)} is a directory`);
  const mode = source.type === "symlink" ? source.mode : (action.chmod ?? source.mode);
  const changed = owner !== undefined || mode !== source.mode;
  draft.put(path, changed ? { ...source, ...owner, mode } : source, tree.inode(source.path));
}
