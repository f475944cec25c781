import type { Readable } from "node:stream";
import type { Descriptor } from "../spec/descriptor.ts";
import type { Digest } from "../spec/digest.ts";
import type { Json } from "../../util/json.ts";

/** What a blob must be, known before it is read. */
export interface ExpectedBlob {
  readonly digest: Digest;
  readonly size?: number;
}

/** A blob under construction: a file in the store's `tmp`, on the same file system as the blobs. */
export interface PendingBlob extends AsyncDisposable {
  /** Absolute path; written by the caller, synchronously or not, here or in a worker. */
  readonly path: string;
  /**
   * Syncs the file and renames it to its place. `digest` and `size` are the caller's, computed while it wrote.
   * Nothing happens if the blob is there already. Disposing without commit removes the file.
   */
  commit(digest: Digest, size: number): Promise<void>;
}

/** Content by digest. Everything is verified when it enters, and again when it leaves. */
export interface Blobs {
  /** Synchronous, one `stat`: on the way of a build that does nothing. */
  has(digest: Digest): boolean;
  /** Bytes; undefined where it is not there. */
  size(digest: Digest): number | undefined;
  path(digest: Digest): string;
  /** Whole and verified; for manifests and configs (at most 16 MiB). Error `BLOB_CORRUPT`, `BLOB_MISSING`. */
  read(digest: Digest): Promise<Uint8Array>;
  /** Verified while it streams: errors at its end if it is not what its name says. */
  open(digest: Digest, start?: number): Readable;
  put(bytes: Uint8Array | string): Promise<Digest>;
  /** Writes a stream; errors with `BLOB_MISMATCH` and keeps nothing if it is not what was expected. */
  putStream(stream: AsyncIterable<Uint8Array>, expected?: ExpectedBlob): Promise<{ readonly digest: Digest; readonly size: number }>;
  pending(): Promise<PendingBlob>;
}

/** What an action gave, by the key of everything that could change it. Records are plain JSON files, whole or absent. */
export interface ActionCache {
  /** Synchronous. */
  get(key: string): ActionRecord | undefined;
  put(key: string, record: ActionRecord): Promise<void>;
}

export interface ActionRecord {
  readonly version: 1;
  /** The layer made; null where the action changed nothing. */
  readonly layer: { readonly diffId: Digest; readonly size: number } | null;
  /** Anything else that the action gives: a source's layers and configuration. */
  readonly value?: Json;
  /** What the key was made of, by name: for `why`. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly ms: number;
}

/** Layers unpacked as lower directories, by diffID. */
export interface Snapshots {
  /** Absolute path of a committed snapshot. Synchronous. */
  path(diffId: Digest): string | undefined;
  /** A short relative symlink to each, below one directory: overlay's mount options end at 4 KiB. */
  pending(): Promise<PendingSnapshot>;
}

export interface PendingSnapshot extends AsyncDisposable {
  /** Does not exist yet: whoever fills it creates it. */
  readonly path: string;
  /** Renames it to its place; if another process was first, ours is removed. */
  commit(diffId: Digest): Promise<string>;
}

/** How a diffID exists compressed: here or in a registry. */
export interface CompressedLayer {
  readonly descriptor: Descriptor;
  /** Who compressed it, `zlib 1.3.1 level 6`; absent where it was pulled. */
  readonly compressor?: string;
  /** `host/name` of repositories known to have it: mount sources. */
  readonly repositories: readonly string[];
}

export interface CompressedLayers {
  get(diffId: Digest): readonly CompressedLayer[];
  put(diffId: Digest, layer: CompressedLayer): Promise<void>;
}

/** Named images: the entries of the layout's `index.json`, `org.opencontainers.image.ref.name` = `NAME:TAG`. */
export interface Images {
  list(): readonly StoredImage[];
  resolve(name: string): StoredImage | undefined;
  /** Atomic over all names: either all of them point to the new digests afterwards or none does. */
  set(entries: readonly { readonly name: string; readonly descriptor: Descriptor }[]): Promise<void>;
  remove(names: readonly string[]): Promise<readonly string[]>;
}

export interface StoredImage {
  /** `NAME:TAG`; undefined for an image that lost its name. */
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
}

/** Keeps prune away from what a process is using: ends with the process, whatever ends it. */
export interface Lease extends AsyncDisposable {
  readonly id: string;
}
