import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { FileAction } from "../../graph/operation.ts";
import { showPath } from "../../oci/layer/byte-path.ts";
import {
  type ByteString,
  type FileEntry,
  joinPath,
  parentPath,
  toByteString,
} from "../../oci/layer/entry.ts";
import type { FileTree } from "../../oci/layer/tree.ts";
import { whiteoutEntry } from "../../oci/layer/whiteout.ts";
import type { Destination } from "./destination.ts";
import { type Owner, root } from "./file-owner.ts";
import { type FileWork, nothingToPrepare, nothingToVerify } from "./file-work.ts";
import type { LayerDraft } from "./layer-draft.ts";

type Action<T extends FileAction["type"]> = Extract<FileAction, { type: T }>;

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
const withoutContent = (file: FileEntry): string =>
  file.content instanceof Uint8Array ? sha256(file.content) : "";

/** A file with content from code. Links at its path are followed, as a shell's `>` does. */
export function writeWork({ content, chmod }: Action<"write">, { path, isDirectory }: Destination): FileWork {
  if (isDirectory) throw needsName(path);
  const bytes = "text" in content ? Buffer.from(content.text, "utf8") : Buffer.from(content.base64, "base64");
  return {
    prepare: nothingToPrepare,
    place: (draft, owner) =>
      placeFile(draft, draft.resolve(path), {
        mode: chmod ?? 0o644,
        owner,
        size: bytes.length,
        content: bytes,
      }),
    digest: withoutContent,
    verify: nothingToVerify,
  };
}

/** A link; one that is there is replaced. */
export function symlinkWork({ target }: Action<"symlink">, { path, isDirectory }: Destination): FileWork {
  if (isDirectory) throw needsName(path);
  return {
    prepare: nothingToPrepare,
    place(draft, owner) {
      const directory = draft.resolve(parentPath(path));
      draft.ensureDirectory(directory);
      const name = path.slice(path.lastIndexOf("/") + 1);
      draft.put(joinPath(directory, name), {
        type: "symlink",
        mode: 0o777,
        ...(owner ?? root),
        target: toByteString(target),
      });
    },
    digest: withoutContent,
    verify: nothingToVerify,
  };
}

/** A directory with its mode and owner, also where there is one already, unless `unlessPresent`. */
export function directoryWork(
  { chmod, unlessPresent }: Action<"directory">,
  { path }: Destination,
): FileWork {
  return {
    prepare: nothingToPrepare,
    place(draft, owner) {
      const place = draft.resolve(path);
      if (unlessPresent === true && draft.isDirectory(place)) return;
      draft.ensureDirectory(parentPath(place));
      draft.putDirectory(place, { type: "directory", mode: chmod ?? 0o755, ...(owner ?? root) });
    },
    digest: withoutContent,
    verify: nothingToVerify,
  };
}

/**
 * Removes what is at a path as `rm -rf` does: nothing there is fine, and then there is no layer. Links on the way are
 * followed, one at the end is removed itself. `tree` is undefined where the base is not read: then the removal stands for itself.
 */
export function removeWork({
  path: destination,
  tree,
  onNothing,
}: {
  readonly path: Destination;
  readonly tree: FileTree | undefined;
  readonly onNothing: (path: ByteString) => void;
}): FileWork {
  const { path } = destination;
  if (path === "")
    throw new TsdockError("PATH_INVALID", "the root of an image cannot be removed", {
      hint: "begin with scratch instead",
    });
  return {
    prepare: nothingToPrepare,
    place(draft) {
      const place = tree?.resolve(path, { followLast: false }) ?? path;
      if (tree !== undefined && tree.get(place) === undefined) onNothing(place);
      else draft.putMarker(whiteoutEntry(place));
    },
    digest: withoutContent,
    verify: nothingToVerify,
  };
}

/** A file from the network, by its checksum; fetched when the layer is made. docker's mode for such files is 600. */
export function downloadWork(
  { url, checksum, chmod }: Action<"download">,
  { path, isDirectory }: Destination,
  download: () => Promise<string>,
): FileWork {
  const name = nameInUrl(url);
  let file = { content: { path: "" }, size: 0 };
  return {
    async prepare(stage) {
      if (stage === "plan") return;
      const downloaded = await download();
      file = { content: { path: toByteString(downloaded) }, size: statSync(downloaded).size };
    },
    place(draft, owner) {
      const place = draft.resolve(path);
      const into = isDirectory || draft.isDirectory(place);
      if (into && name === "") throw needsName(path);
      placeFile(draft, into ? joinPath(place, toByteString(name)) : place, {
        mode: chmod ?? 0o600,
        owner,
        ...file,
      });
    },
    digest: () => checksum.slice("sha256:".length),
    verify: nothingToVerify,
  };
}

/** The last part of a URL's path; empty where it ends with a slash. */
function nameInUrl(url: string): string {
  const last = new URL(url).pathname.split("/").at(-1) ?? "";
  try {
    const name = decodeURIComponent(last);
    return name.includes("/") || name.includes("\0") || name === "." || name === ".." ? "" : name;
  } catch (error) {
    // `%` that encodes nothing stands for itself.
    if (error instanceof URIError) return last;
    throw error;
  }
}

interface PlainFile {
  readonly mode: number;
  readonly owner: Owner | undefined;
  readonly size: number;
  readonly content: FileEntry["content"];
}

function placeFile(draft: LayerDraft, place: ByteString, { mode, owner, size, content }: PlainFile): void {
  draft.ensureDirectory(parentPath(place));
  draft.put(place, { type: "file", mode, ...(owner ?? root), size, content });
}

const needsName = (path: ByteString): TsdockError =>
  new TsdockError(
    "PATH_INVALID",
    `${showPath(path)} names a directory, and there is no name for the file in it`,
    {
      hint: "end the path with the name of the file",
    },
  );
