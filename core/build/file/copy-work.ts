import type { FileAction } from "../../graph/operation.ts";
import type { FileEntry } from "../../oci/layer/entry.ts";
import { matcherOf } from "../context/ignore-patterns.ts";
import { placeCopy } from "./place-copy.ts";
import type { Destination } from "./destination.ts";
import { type FileWork, nothingToPrepare } from "./file-work.ts";
import { type MatchContext, matchSources } from "./match-sources.ts";
import { type Selection, selectFiles } from "./select-files.ts";
import type { SourceTree } from "./source-tree.ts";

export interface CopyWorkOptions extends MatchContext {
  readonly action: Extract<FileAction, { type: "copy" }>;
  readonly tree: SourceTree;
  readonly destination: Destination;
  /** Error `FILE_CHANGED` if files are not what they were. */
  readonly verify: (files: readonly FileEntry[]) => void;
}

/** COPY: what its sources stand for is settled at once, where it goes when the base is known. */
export function copyWork(options: CopyWorkOptions): FileWork & { readonly selections: readonly Selection[] } {
  const { action, tree, destination, verify } = options;
  const matches = matchSources(tree, action.include, options);
  const selections = selectFiles(tree, matches, matcherOf(action.exclude, "exclude"), action.parents);
  const isContext = action.source.type === "context";
  return {
    selections,
    prepare: nothingToPrepare,
    place: (draft, owner) =>
      placeCopy({ action, tree, selections, destination, owner, hasOwnMode: () => !isContext }, draft),
    digest: (file) => tree.digest(file),
    verify,
  };
}
