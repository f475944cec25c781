import fs from "node:fs";
import path from "node:path";
import { ContextTree } from "../build/context/context-tree.ts";
import { readIgnoreFile } from "../build/context/context-scans.ts";
import { IgnoreMatcher, parseIgnoreFile } from "../build/context/ignore-patterns.ts";
import { matchSources } from "../build/file/match-sources.ts";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import { type ByteString, fromByteString, joinPath } from "../oci/layer/entry.ts";
import type { TreeEntry } from "../oci/layer/tree.ts";
import type { ImportedFile, ImportFiles } from "../plugin/importer.ts";

/** Archives are told by this much. */
const headLength = 512;

/** The files of a context as copies would find them; none where there is no such directory. */
export function contextFiles(
  directory: string,
  ignoreFile: string | undefined,
  emit: EventSink,
): ImportFiles {
  const ignore =
    ignoreFile === undefined
      ? readIgnoreFile(directory)
      : new IgnoreMatcher(parseIgnoreFile(fs.readFileSync(ignoreFile)), ignoreFile);
  const tree = new ContextTree({ directory, ignore, known: new Map(), emit });
  return {
    find(pattern) {
      try {
        return matchSources(tree, [pattern], { name: directory }).flatMap(({ path: name, entry }) => [
          imported(directory, name, entry, true),
          ...below(directory, tree, name, entry),
        ]);
      } catch (error) {
        // What is not there now may be there when it is built, which says so if it is not.
        if (isTsdockError(error)) return [];
        throw error;
      }
    },
    head: (name) => readHead(path.join(directory, name)),
  };
}

function below(
  directory: string,
  tree: ContextTree,
  name: ByteString,
  entry: TreeEntry,
): readonly ImportedFile[] {
  if (entry.type !== "directory") return [];
  return tree.children(entry.path).flatMap((child) => {
    const path = joinPath(name, child.path.slice(child.path.lastIndexOf("/") + 1));
    return [imported(directory, path, child, false), ...below(directory, tree, path, child)];
  });
}

function imported(directory: string, name: ByteString, entry: TreeEntry, named: boolean): ImportedFile {
  const type = entry.type === "directory" || entry.type === "symlink" ? entry.type : "file";
  const stats = fs.lstatSync(path.join(directory, fromByteString(entry.path)), { throwIfNoEntry: false });
  return { path: fromByteString(name), type, mode: (stats?.mode ?? entry.mode) & 0o7777, named };
}

/** Error `FILE_UNREADABLE`. */
function readHead(file: string): Uint8Array {
  const bytes = Buffer.alloc(headLength);
  try {
    // Not blocked by a FIFO that nobody writes to.
    const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, headLength, 0));
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new TsdockError("FILE_UNREADABLE", `cannot read ${file}: ${code}`, {
      hint: "make it readable: whether it is an archive decides what ADD does",
      cause: error,
    });
  }
}
