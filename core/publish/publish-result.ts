import type { DefaultAnnotation } from "../graph/definition.ts";
import type { TagClass } from "../declare/tag-rule.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { VersionLine } from "./tags/version-line.ts";

export interface WantedTag {
  readonly tag: string;
  readonly class: TagClass;
  /** Why the image gets it, for people: `given by --tag`. */
  readonly reason: string;
  /** Of a rolling tag that follows versions: which of them it may mean. See `decideRolling`. */
  readonly line?: VersionLine;
}

export interface PublishedTag extends Omit<WantedTag, "line"> {
  /** What it meant before; null where it did not exist. */
  readonly from: Digest | null;
  /** What it means afterwards; null for one that does not exist and is not made. */
  readonly to: Digest | null;
  readonly action: "create" | "move" | "keep" | "skip";
}

/** A document about a manifest of an image. */
export interface PlacedAttestation {
  /** The manifest that it is about. */
  readonly subject: Digest;
  readonly artifactType: string;
  /** Of its own manifest. */
  readonly digest: Digest;
  readonly action: "create" | "keep";
}

export interface PublishedImage {
  readonly name: string;
  /** `host/path`, or `oci:DIR`. */
  readonly repository: string;
  /** Of the manifest or index as it is published. */
  readonly digest: Digest;
  /** Digest of the configuration; null for an index of several, which `platforms` has. */
  readonly imageId: Digest | null;
  readonly platforms: readonly {
    readonly platform: string;
    readonly digest: Digest;
    readonly imageId: Digest;
  }[];
  readonly tags: readonly PublishedTag[];
  /** Documents about its manifests; absent where none were asked for. */
  readonly attestations?: readonly PlacedAttestation[];
  /** Of the manifest or index, with where each comes from; absent where that is not looked at: `publish --plan`. */
  readonly annotations?: readonly DefaultAnnotation[];
}

/** Something that tags were computed from, for people: `branch` is `main`, says `GITHUB_REF`. */
export interface PlanFact {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

/** What `publish --json` prints. */
export interface PublishResult {
  readonly destination: string;
  readonly facts: readonly PlanFact[];
  readonly images: readonly PublishedImage[];
  readonly blobs: BlobCounts;
  readonly ms: number;
}

export interface BlobCounts {
  readonly uploaded: number;
  readonly mounted: number;
  readonly existing: number;
  /** Bytes that were uploaded. */
  readonly bytes: number;
}
