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
  putStream(
    stream: AsyncIterable<Uint8Array>,
    expected?: ExpectedBlob,
    signal?: AbortSignal,
  ): Promise<{ readonly digest: Digest; readonly size: number }>;
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
  /** Absolute path of a committed snapshot. Synchronous; counts as a use. */
  path(diffId: Digest): string | undefined;
  /** A short symlink to it, relative to the store's directory (`l/…`): overlay's mount options end at 4 KiB. */
  link(diffId: Digest): string | undefined;
  pending(): Promise<PendingSnapshot>;
}

export interface PendingSnapshot extends AsyncDisposable {
  /** Does not exist yet: whoever fills it creates it. */
  readonly path: string;
  /** Renames it to its place and gives that; if another process was first, ours goes when it is disposed. */
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
  /** By `NAME:TAG`, or by digest for images without a name; gives those that were there. */
  remove(names: readonly string[]): Promise<readonly string[]>;
}

export interface StoredImage {
  /** `NAME:TAG`; undefined for an image that lost its name. */
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
}

/** What this store knows of an image besides its content, by the digest that its names stand for. It goes with the image. */
export interface ImageFacts {
  readonly version: 1;
  /** When a build here made it first (RFC 3339). */
  readonly builtAt?: string;
  /** When it was last given a name (RFC 3339). */
  readonly taggedAt?: string;
  /** What it is in the registries where it came from or was pushed to, by `host/path`. */
  readonly repositories: Readonly<Record<string, Digest>>;
}

export interface Facts {
  get(digest: Digest): ImageFacts | undefined;
  /** Adds to what is known; repositories add up. */
  add(digest: Digest, facts: Partial<Omit<ImageFacts, "version">>): Promise<void>;
}

/** Keeps prune away from what a process is using: ends with the process, whatever ends it. */
export interface Lease extends AsyncDisposable {
  readonly id: string;
}

/** Verified downloads by SHA-256 (64 hexadecimal digits). */
export interface Downloads {
  has(sha256: string): boolean;
  path(sha256: string): string;
  pending(): PendingDownload;
}

/** A download under way: as `PendingBlob`. */
export interface PendingDownload extends AsyncDisposable {
  readonly path: string;
  /** `sha256` and `size` are the caller's, computed while it wrote. */
  commit(sha256: string, size: number): Promise<void>;
}

/** Small files that a build keeps for the next one. Whole or absent; losing them costs time only. */
export interface StateFiles {
  get(key: string): Uint8Array | undefined;
  put(key: string, bytes: Uint8Array): void;
}

/** What builds did, for `why` and `history --source`. */
export interface Records {
  /** Gives the record's id; ids sort by time. */
  put(record: Json): Promise<string>;
  /** Ids, newest first. */
  list(): readonly string[];
  get(id: string): Json | undefined;
  /** One that is gone already is no error. */
  remove(id: string): void;
}

/** `RUN --mount=type=cache,sharing=…`: together, each its own directory, or one after the other. */
export type MountSharing = "shared" | "private" | "locked";

export interface CacheMounts {
  /** The directory of a cache. Hold a lease while it is in use. With `locked` it waits until nobody else has it. */
  open(id: string, sharing: MountSharing, signal?: AbortSignal): Promise<CacheMount>;
}

export interface CacheMount extends AsyncDisposable {
  readonly path: string;
  /**
   * It is new, or whoever made it did not live to say `ready`: empty it, and put in what it begins with. Nobody else gets
   * it meanwhile.
   */
  readonly created: boolean;
  /** What it begins with is in it. */
  ready(): Promise<void>;
}
