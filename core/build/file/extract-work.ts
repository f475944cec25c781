import { TsdockError } from "../../errors/tsdock-error.ts";
import type { FileAction } from "../../graph/operation.ts";
import { showPath } from "../../oci/layer/byte-path.ts";
import {
  type ByteString,
  baseName,
  type FileEntry,
  type LayerEntry,
  whiteoutPrefix,
} from "../../oci/layer/entry.ts";
import { type FileTree, mergeLayers } from "../../oci/layer/tree.ts";
import { IgnoreMatcher } from "../context/ignore-patterns.ts";
import type { Destination } from "./destination.ts";
import { type FileWork, nothingToVerify } from "./file-work.ts";
import { type MatchContext, matchSources, type SourceMatch } from "./match-sources.ts";
import type { LayerDigests } from "./layer-digests.ts";
import { LayerSource } from "./layer-source.ts";
import { placeCopy } from "./place-copy.ts";
import { selectFiles } from "./select-files.ts";
import type { SourceTree } from "./source-tree.ts";

export interface ExtractOptions {
  readonly action: Extract<FileAction, { type: "extract" }>;
  readonly destination: Destination;
  /** The members of the archive that the action names. */
  readonly open: () => Promise<readonly LayerEntry[]>;
  readonly digests: LayerDigests;
}

/** The file that `add({ archive })` names. Errors `COPY_NO_MATCH`, `PATH_OUTSIDE_CONTEXT`. */
export function findArchive(tree: SourceTree, path: string, context: MatchContext): FileEntry {
  const [match, ...others] = matchSources(tree, [path], context);
  if (match?.entry.type === "file" && others.length === 0) return match.entry;
  const what = others.length > 0 ? `matches ${others.length + 1} files` : "is not a file";
  throw new TsdockError("COPY_NO_MATCH", `${JSON.stringify(path)} ${what} in ${context.name}`, {
    hint: "name one tar archive",
  });
}

/** What is in a tar archive, below the destination: with its own modes and owners, as docker's ADD has it. */
export function extractWork({ action, destination, open, digests }: ExtractOptions): FileWork {
  let archive: { readonly tree: FileTree; readonly directories: ReadonlySet<ByteString> } | undefined;
  return {
    async prepare() {
      archive ??= archiveOf(await open());
    },
    place(draft, owner) {
      if (archive === undefined) throw new Error("the archive is not open");
      const { tree, directories } = archive;
      const source = new LayerSource(tree, digests);
      const root = tree.get("");
      if (root === undefined) throw new Error("a tree has no root");
      const all: SourceMatch = { path: "", entry: root, parents: [] };
      const selections = selectFiles(source, [all], new IgnoreMatcher([], ""), false);
      const copy = { include: ["."], destination: action.destination, parents: false };
      placeCopy(
        {
          action: action.chmod === undefined ? copy : { ...copy, chmod: action.chmod },
          tree: source,
          selections,
          destination,
          owner,
          // Directories that the archive has no entry for were made up.
          hasOwnMode: (path) => directories.has(path),
        },
        draft,
      );
    },
    digest: (file) => digests.digest(file),
    verify: nothingToVerify,
  };
}

function archiveOf(members: readonly LayerEntry[]) {
  const reserved = members.find((member) => baseName(member.path).startsWith(whiteoutPrefix));
  if (reserved !== undefined) {
    throw new TsdockError(
      "FILE_NAME_RESERVED",
      `${showPath(reserved.path)} cannot be in a layer: names that begin with .wh. mean that something is removed`,
      { hint: "make the archive without it" },
    );
  }
  const directories = members.filter((member) => member.type === "directory").map((member) => member.path);
  return { tree: mergeLayers([members]), directories: new Set(directories) };
}
