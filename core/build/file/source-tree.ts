import type { ByteString, FileEntry } from "../../oci/layer/entry.ts";
import type { ResolveOptions } from "../../oci/layer/resolve-path.ts";
import type { TreeEntry } from "../../oci/layer/tree.ts";

/** Where a copy takes files from: a context or the merged layers of an image. */
export interface SourceTree {
  /** Links not followed. `""` is the root. */
  get(path: ByteString): TreeEntry | undefined;
  /** Names in a directory, in byte order; none for anything else. */
  list(directory: ByteString): readonly ByteString[];
  /** What is in a directory, in byte order of the names; nothing for anything else. */
  children(directory: ByteString): readonly TreeEntry[];
  /** Stands for everything below a directory, for trees that know it without making an entry of each file. */
  summary?(directory: ByteString): string;
  /** Follows links within the tree. */
  resolve(path: ByteString, options: ResolveOptions): ByteString;
  /** What two names share when they are hard links of one file. */
  inode(path: ByteString): object | undefined;
  /** SHA-256 of a file's content, 64 hex digits. It goes by the entry's content: its path may be another meanwhile. */
  digest(file: FileEntry): string;
}
