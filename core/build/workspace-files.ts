import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import { type ByteString, joinPath, type LayerEntry, toByteString } from "../oci/layer/entry.ts";
import type { WorkspaceEntry, WorkspaceFiles, WorkspaceName } from "../plugin/contract.ts";
import type { FileOverlay } from "../util/file-overlay.ts";
import type { ContextScans } from "./context/context-scans.ts";
import type { ContextTree } from "./context/context-tree.ts";

/** The files of a workspace on disk. Each directory is looked at as a context is: once per build, digests known from earlier ones. */
export function createWorkspaceFiles(
  workspace: string,
  contexts: ContextScans,
  overlay?: FileOverlay,
): WorkspaceFiles {
  return {
    directory: workspace,
    read: (file) => readIfThere(within(workspace, file), overlay),
    list: (directory) => listIfThere(within(workspace, directory), overlay),
    entries(directory, skip) {
      const absolute = within(workspace, directory);
      const hidden = contexts.ignoredIn(workspace);
      const prefix = toByteString(directory);
      const outer = (at: ByteString): boolean => prefix !== "" && hidden(joinPath(prefix, at));
      return [...walk(contexts.tree(absolute), "", (at) => skip(at) || outer(at))];
    },
  };
}

/** Error `PATH_OUTSIDE_CONTEXT`. */
function within(workspace: string, relative: string): string {
  const normal = path.posix.normalize(`/${relative}`).slice(1);
  if (!path.posix.isAbsolute(relative) && normal === relative.replace(/^\.$|\/$/g, ""))
    return path.join(workspace, normal);
  throw new TsdockError(
    "PATH_OUTSIDE_CONTEXT",
    `${JSON.stringify(relative)} is not a path within the workspace`,
    { hint: "write it relative to the directory of the configuration, without . and .." },
  );
}

function readIfThere(file: string, overlay: FileOverlay | undefined): Uint8Array | undefined {
  try {
    return overlay === undefined ? readFileSync(file) : overlay.read(file);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(file, error);
  }
}

function listIfThere(directory: string, overlay: FileOverlay | undefined): readonly WorkspaceName[] {
  if (overlay !== undefined) return listThen(directory, overlay);
  try {
    return readdirSync(directory, { withFileTypes: true })
      .flatMap((found): WorkspaceName[] => {
        const { name } = found;
        if (found.isDirectory()) return [{ name, type: "directory" }];
        if (found.isSymbolicLink()) return [{ name, type: "symlink" }];
        return found.isFile() ? [{ name, type: "file" }] : [];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw unreadable(directory, error);
  }
}

/** What was in a directory, as an overlay has it. */
function listThen(directory: string, overlay: FileOverlay): readonly WorkspaceName[] {
  const bytes = toByteString(directory);
  const now = new Map(listIfThere(directory, undefined).map((one) => [toByteString(one.name), one]));
  const names = [...new Set([...now.keys(), ...overlay.names(bytes)])].sort();
  return names.flatMap((name): WorkspaceName[] => {
    const at = `${bytes}/${name}`;
    const text = Buffer.from(name, "latin1").toString("utf8");
    for (const _ of overlay.names(at)) return [{ name: text, type: "directory" }];
    const was = overlay.file(at);
    if (was !== undefined) return [{ name: text, type: was.kind === "link" ? "symlink" : "file" }];
    const one = now.get(name);
    return one === undefined || overlay.isGone(at) ? [] : [one];
  });
}

function* walk(
  tree: ContextTree,
  directory: ByteString,
  skip: (path: ByteString) => boolean,
): Generator<WorkspaceEntry> {
  for (const entry of tree.children(directory)) {
    if (skip(entry.path)) continue;
    yield described(entry, tree);
    if (entry.type === "directory") yield* walk(tree, entry.path, skip);
  }
}

/** Whoever never looks at the digest does not make the file be read. */
const described = (entry: LayerEntry, tree: ContextTree): WorkspaceEntry =>
  entry.type !== "file"
    ? { entry }
    : {
        entry,
        get sha256() {
          return tree.digest(entry);
        },
      };

const isAbsent = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

const unreadable = (file: string, cause: unknown): TsdockError =>
  new TsdockError("FILE_UNREADABLE", `cannot read ${file}: ${(cause as Error).message}`, {
    hint: "make it readable",
    cause,
  });
