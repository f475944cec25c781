import type { Descriptor, Manifest } from "../../oci/spec/descriptor.ts";
import { type Digest, digestOf } from "../../oci/spec/digest.ts";
import { mediaTypes } from "../../oci/spec/media-types.ts";
import type { Attestation } from "../../plugin/attestation.ts";
import { canonicalJson } from "../../util/json.ts";
import type { PublishBlob } from "../destination.ts";

/** A document about a manifest, as it is published (OCI image-spec, manifest.md, "Guidelines for Artifact Usage"). */
export interface Artifact {
  /** The manifest that it is about. */
  readonly subject: Digest;
  /** Of its own manifest. */
  readonly manifest: Descriptor;
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** See `Attestation`. */
  readonly once: boolean;
  /** Asked for only where it has to be sent or kept. */
  readonly content: () => Promise<ArtifactContent>;
}

export interface ArtifactContent {
  /** Of its manifest. */
  readonly bytes: Uint8Array;
  readonly blobs: readonly PublishBlob[];
}

const emptyConfig = Buffer.from("{}");

export function artifactOf(
  { artifactType, content, annotations = {}, once = false }: Attestation,
  about: Descriptor,
): Artifact {
  const { mediaType, digest, size } = about;
  const subject: Descriptor = { mediaType, digest, size };
  const bytes = Buffer.from(typeof content === "string" ? content : canonicalJson(content.json));
  const layer = blobOf(bytes, artifactType);
  const config = blobOf(emptyConfig, mediaTypes.empty);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config: config.descriptor,
    layers: [layer.descriptor],
    subject,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const written = Buffer.from(canonicalJson(manifest));
  return {
    subject: digest,
    manifest: {
      mediaType: manifest.mediaType,
      digest: digestOf(written),
      size: written.length,
      artifactType,
    },
    artifactType,
    annotations,
    once,
    content: () => Promise.resolve({ bytes: written, blobs: [layer, config] }),
  };
}

function blobOf(bytes: Uint8Array, mediaType: string): PublishBlob {
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength },
    repositories: [],
    source: {
      async *open(start) {
        yield await Promise.resolve(bytes.subarray(start));
      },
    },
  };
}
