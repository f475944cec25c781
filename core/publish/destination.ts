import type { GrowingSource } from "../oci/registry/push-growing.ts";
import type { BlobSource } from "../oci/registry/upload-content.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";

/** A manifest or index as it is published: these bytes and no others. */
export interface Document {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** A configuration or a layer as it is published. */
export interface PublishBlob {
  readonly descriptor: Descriptor;
  /** `host/path` of repositories that are likely to have it, the likeliest first. */
  readonly repositories: readonly string[];
  /** Opened only where nothing else helps. */
  readonly source: BlobSource;
}

export interface TagMove {
  readonly repository: string;
  readonly tag: string;
  /** What it means now, as far as we know; undefined where it does not exist. */
  readonly from: Descriptor | undefined;
  readonly to: Document;
}

export type BlobOutcome = "uploaded" | "mounted" | "existing";

/** Where images are published to. `repository` is that of the plan. */
export interface Destination extends AsyncDisposable {
  /** Whether others can mount or pull from there: remembered for later publishes. */
  readonly isRegistry: boolean;
  /** For people: `ghcr.io/acme/web`, `oci:DIR`. */
  label(repository: string): string;
  /** For people, a tag's whole name: `ghcr.io/acme/web:1.2`, `oci:DIR:web:1.2`. */
  reference(repository: string, tag: string): string;
  /** What a tag means; undefined where it does not exist. */
  readTag(repository: string, tag: string, signal: AbortSignal): Promise<Descriptor | undefined>;
  /** All tags of a repository; none where it does not exist. */
  listTags(repository: string, signal: AbortSignal): Promise<readonly string[]>;
  readManifest(repository: string, descriptor: Descriptor, signal: AbortSignal): Promise<Document>;
  /** A small blob, verified. */
  readConfig(repository: string, descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array>;
  /** Errors where we may not write there. */
  checkWritable(repository: string, signal: AbortSignal): Promise<void>;
  hasManifest(repository: string, descriptor: Descriptor, signal: AbortSignal): Promise<boolean>;
  /** Brings a blob there unless it is there. */
  putBlob(repository: string, blob: PublishBlob, signal: AbortSignal): Promise<BlobOutcome>;
  /**
   * Begins to bring a blob there that is still being made, where that is of use. `putBlob` waits for what comes of it, and tells
   * of its failure. `whole`: the blob when it has a digest.
   */
  putGrowing?(
    repository: string,
    source: GrowingSource,
    whole: (descriptor: Descriptor) => PublishBlob,
    signal: AbortSignal,
  ): void;
  /** By digest, under no name. */
  putManifest(repository: string, document: Document, signal: AbortSignal): Promise<void>;
  /** What names this manifest as its subject, with its type and its annotations. */
  listReferrers(repository: string, subject: Digest, signal: AbortSignal): Promise<readonly Descriptor[]>;
  /** A manifest that refers to another one (OCI image-spec, manifest.md, `subject`), so that it is found from there. */
  putReferrer(repository: string, document: Document, subject: Digest, signal: AbortSignal): Promise<void>;
  /** All of them, at once where the destination can. Calls `moved` for each that is done. */
  moveTags(moves: readonly TagMove[], moved: (move: TagMove) => void, signal: AbortSignal): Promise<void>;
  /** Removes a tag and nothing else; false where the destination cannot. */
  deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<boolean>;
  /** Keeps every other publish out until it is disposed, where the destination can; else nothing. Waits while another is in. */
  exclusively(signal: AbortSignal): Promise<AsyncDisposable>;
}
