import type { Descriptor, Index, Manifest } from "../oci/spec/descriptor.ts";
import { type Digest, digestOf } from "../oci/spec/digest.ts";
import { compressionOf, mediaTypes } from "../oci/spec/media-types.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import type { PublishedLayers } from "./compressed-layers.ts";
import type { Document, PublishBlob } from "./destination.ts";
import { baseRepository, type ImageDocuments, type ImageManifest } from "./stored-image.ts";

/** An image as it is published: the documents, and below each manifest its blobs. */
export interface ReleaseImage {
  readonly top: Document;
  readonly manifests: readonly ReleaseManifest[];
}

export interface ReleaseManifest {
  readonly document: Document;
  readonly platform: string;
  readonly imageId: Digest;
  readonly config: Descriptor;
  readonly layers: readonly { readonly diffId: Digest | undefined; readonly descriptor: Descriptor }[];
}

/** Gives the form in which a layer is published; undefined while that is not known. */
export type DescribeLayer = (diffId: Digest) => Descriptor | undefined;

/** Repositories that the image's layers may come from. */
export const basesOf = (image: ImageDocuments, given: readonly string[]): readonly string[] => [
  ...new Set([...given, ...image.manifests.flatMap(({ value }) => baseRepository(value) ?? [])]),
];

/** The layers that have to be compressed before the image has a digest. */
export const layersToCompress = (image: ImageDocuments, describe: DescribeLayer): readonly Digest[] =>
  image.manifests.flatMap((manifest) =>
    manifest.value.layers.flatMap((layer, index) => {
      const diffId = uncompressedId(manifest, layer, index);
      return diffId === undefined || describe(diffId) !== undefined ? [] : [diffId];
    }),
  );

function uncompressedId({ diffIds }: ImageManifest, layer: Descriptor, index: number): Digest | undefined {
  // A layer of the store, not one that somebody published uncompressed: those have other annotations or types.
  return compressionOf(layer.mediaType) === "none" && diffIds[index] === layer.digest
    ? layer.digest
    : undefined;
}

/**
 * The image with its layers compressed; undefined if a layer's form is not known. Everything else stays as it is, byte for
 * byte, and so does a document in which nothing changes. Equal input gives equal bytes.
 */
export function releaseImage(image: ImageDocuments, describe: DescribeLayer): ReleaseImage | undefined {
  const manifests: ReleaseManifest[] = [];
  for (const manifest of image.manifests) {
    const released = releaseManifest(manifest, describe);
    if (released === undefined) return undefined;
    manifests.push(released);
  }
  const { index, top } = image;
  const [only] = manifests;
  if (index === undefined) return only && { top: only.document, manifests };
  const entries = index.manifests.map((entry, at) => {
    const { digest, size } = manifests[at]?.document.descriptor ?? entry;
    return { ...entry, digest, size };
  });
  return { top: rewrite(top, { manifests: entries }), manifests };
}

/** An image as it is published already. */
export const publishedRelease = ({ top, manifests }: ImageDocuments): ReleaseImage => ({
  top,
  manifests: manifests.map(({ document, value, diffIds, config }) => ({
    document,
    platform: formatPlatform(config),
    imageId: value.config.digest,
    config: value.config,
    layers: value.layers.map((descriptor, index) => ({ diffId: diffIds[index], descriptor })),
  })),
});

function releaseManifest(manifest: ImageManifest, describe: DescribeLayer): ReleaseManifest | undefined {
  const { value, document, diffIds, config } = manifest;
  const layers: { diffId: Digest | undefined; descriptor: Descriptor }[] = [];
  for (const [index, layer] of value.layers.entries()) {
    const diffId = uncompressedId(manifest, layer, index);
    const form = diffId === undefined ? layer : describe(diffId);
    if (form === undefined) return undefined;
    layers.push({ diffId: diffIds[index], descriptor: replaceLayer(layer, form) });
  }
  const descriptors = layers.map(({ descriptor }) => descriptor);
  return {
    document: rewrite(document, { layers: descriptors }),
    platform: formatPlatform(config),
    imageId: value.config.digest,
    config: value.config,
    layers,
  };
}

function replaceLayer(layer: Descriptor, { mediaType, digest, size }: Descriptor): Descriptor {
  // A docker manifest has docker's types, whoever compressed.
  const docker = layer.mediaType === mediaTypes.dockerLayerTar && mediaType === mediaTypes.layerGzip;
  return { ...layer, mediaType: docker ? mediaTypes.dockerLayerGzip : mediaType, digest, size };
}

/** The document with other members, in the order that it has: its own bytes if it says the same. */
function rewrite(document: Document, members: Partial<Manifest> | Partial<Index>): Document {
  const { descriptor, bytes } = document;
  const value = JSON.parse(Buffer.from(bytes).toString("utf8")) as object;
  const after = JSON.stringify({ ...value, ...members });
  if (JSON.stringify(value) === after) return document;
  const changed = Buffer.from(after);
  return { descriptor: { ...descriptor, digest: digestOf(changed), size: changed.length }, bytes: changed };
}

/** All blobs of a manifest, the configuration last. */
export function blobsOf(manifest: ReleaseManifest, layers: PublishedLayers): readonly PublishBlob[] {
  const blobs = manifest.layers.map(({ diffId, descriptor }) => layers.blob(diffId, descriptor));
  const config = layers.blob(undefined, manifest.config);
  return [...new Map([...blobs, config].map((blob) => [blob.descriptor.digest, blob])).values()];
}
