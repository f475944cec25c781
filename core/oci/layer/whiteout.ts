import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "./byte-path.ts";
import { baseName, type ByteString, joinPath, opaqueName, parentPath, whiteoutPrefix } from "./entry.ts";

/** What an entry's name asks for (OCI image-spec, layer.md#whiteouts). */
export type Marker =
  /** Nothing: an ordinary entry. */
  | undefined
  /** `path` of the layers below is gone. */
  | { readonly type: "whiteout"; readonly path: ByteString }
  /** The directory hides what the layers below have in it. */
  | { readonly type: "opaque"; readonly path: ByteString }
  /** Records of the long gone aufs, which no layer means. */
  | { readonly type: "ignored" };

/**
 * Reads a whiteout's meaning from its name. Error `LAYER_UNSAFE` for one that would remove a directory's own parent
 * or itself: `.wh..`, `.wh...`.
 */
export function markerOf(path: ByteString): Marker {
  const name = baseName(path);
  if (!name.startsWith(whiteoutPrefix)) return undefined;
  if (name === opaqueName) return { type: "opaque", path: parentPath(path) };
  if (name.startsWith(`${whiteoutPrefix}${whiteoutPrefix}`)) return { type: "ignored" };
  const target = name.slice(whiteoutPrefix.length);
  if (target === "" || target === "." || target === "..") {
    throw new TsdockError(
      "LAYER_UNSAFE",
      `the layer has the whiteout ${showPath(path)}, which names no file`,
      {
        hint: "the archive was made by hand or is hostile: use another one",
      },
    );
  }
  return { type: "whiteout", path: joinPath(parentPath(path), target) };
}

const owner = { mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;
const empty = new Uint8Array(0);

/** The entry that removes `path` of the layers below. */
export const whiteoutEntry = (path: ByteString) =>
  ({
    ...owner,
    type: "file",
    path: joinPath(parentPath(path), whiteoutPrefix + baseName(path)),
    size: 0,
    content: empty,
  }) as const;

/** The entry that hides what the layers below have in a directory. */
export const opaqueEntry = (directory: ByteString) =>
  ({ ...owner, type: "file", path: joinPath(directory, opaqueName), size: 0, content: empty }) as const;
