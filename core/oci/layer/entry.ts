/**
 * A name as the bytes that it is: every character stands for one byte (latin1). Linux names need not be UTF-8,
 * and two that differ in bytes must stay two. Within a layer: relative, `/` between parts, none at either end.
 */
export type ByteString = string;

export const toByteString = (text: string): ByteString => Buffer.from(text, "utf8").toString("latin1");
export const fromByteString = (bytes: ByteString): string => Buffer.from(bytes, "latin1").toString("utf8");

/** Bytes in memory, or a range of a file of this machine (a file in a context, an entry inside the tar of another layer). */
export type FileContent =
  | Uint8Array
  | {
      /** Absolute path on this machine. */
      readonly path: ByteString;
      /** Where the content begins in it; 0 unless given. */
      readonly offset?: number;
    };

interface EntryBase {
  readonly path: ByteString;
  /** The lower twelve bits: set-id and sticky bits and permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  /** Extended attributes by name, `security.capability` among them. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** One entry of a layer. Plain data: it may be sent to a worker. */
export type LayerEntry =
  | (EntryBase & { readonly type: "file"; readonly size: number; readonly content: FileContent })
  | (EntryBase & { readonly type: "directory" })
  | (EntryBase & { readonly type: "symlink"; readonly target: ByteString })
  /** `target` is the path of an entry of the same layer. */
  | (EntryBase & { readonly type: "hardlink"; readonly target: ByteString })
  | (EntryBase & { readonly type: "character" | "block"; readonly major: number; readonly minor: number })
  | (EntryBase & { readonly type: "fifo" });

/** An entry of a merged tree: hard links have become what they link to. */
export type TreeEntry = Exclude<LayerEntry, { type: "hardlink" }>;

export type FileEntry = Extract<LayerEntry, { type: "file" }>;

/** OCI image-spec, layer.md#whiteouts. */
export const whiteoutPrefix = ".wh.";
export const opaqueName = ".wh..wh..opq";

/** The name without its directories. */
export const baseName = (path: ByteString): ByteString => path.slice(path.lastIndexOf("/") + 1);
/** The directory that holds `path`; `""` for the root. */
export const parentPath = (path: ByteString): ByteString => path.slice(0, Math.max(0, path.lastIndexOf("/")));
export const joinPath = (directory: ByteString, name: ByteString): ByteString =>
  directory === "" ? name : `${directory}/${name}`;
