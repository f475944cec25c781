import type { ByteString, FileEntry } from "../../oci/layer/entry.ts";
import type { TreeEntry } from "../../oci/layer/tree.ts";
import type { SeenFile } from "./seen-file.ts";

/** A context's directories have no modes worth keeping. */
export const directoryEntry = (path: ByteString): TreeEntry => ({
  type: "directory",
  path,
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
});

export const linkEntry = (path: ByteString, target: ByteString): TreeEntry => ({
  type: "symlink",
  path,
  mode: 0o777,
  uid: 0,
  gid: 0,
  mtime: 0,
  target,
});

/** Executable or not, as git has it: other bits are the umask's. */
export function fileEntry(
  path: ByteString,
  { executable, size }: { readonly executable: boolean; readonly size: number },
  content: SeenFile,
): FileEntry {
  return {
    type: "file",
    path,
    mode: executable ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size,
    content,
  };
}
