import type { Descriptor, Index, Manifest } from "../oci/spec/descriptor.ts";
import { isIndexType, isManifestType } from "../oci/spec/media-types.ts";
import { parseIndex, parseManifest } from "../oci/image/image-view.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import { canonicalJson } from "../util/json.ts";
import type { Document } from "./destination.ts";
import type { ReleaseImage, ReleaseManifest } from "./release-image.ts";
import type { ImageDocuments, ImageManifest } from "./stored-image.ts";

/**
 * What is published already, if it is this image: equal in everything but how its layers were compressed. Then its
 * digest stays, on whatever machine and with whatever compressor it was made.
 */
export async function reusePublished(
  image: ImageDocuments,
  published: Document,
  read: (descriptor: Descriptor) => Promise<Document>,
): Promise<ReleaseImage | undefined> {
  const { index, manifests } = image;
  if (index === undefined) {
    const [only] = manifests;
    const same = only && reuseManifest(only, published);
    return same && { top: published, manifests: [same] };
  }
  if (!isIndexType(published.descriptor.mediaType)) return undefined;
  const there = parseIndex(published.bytes, published.descriptor);
  if (indexShape(there) !== indexShape(index)) return undefined;
  const reused: ReleaseManifest[] = [];
  for (const [at, manifest] of manifests.entries()) {
    const entry = there.manifests[at];
    const same = entry && reuseManifest(manifest, await read(entry));
    if (same === undefined) return undefined;
    reused.push(same);
  }
  return { top: published, manifests: reused };
}

function reuseManifest(
  { value, diffIds, config }: ImageManifest,
  published: Document,
): ReleaseManifest | undefined {
  if (!isManifestType(published.descriptor.mediaType)) return undefined;
  const there = parseManifest(published.bytes, published.descriptor);
  if (manifestShape(there) !== manifestShape(value)) return undefined;
  return {
    document: published,
    platform: formatPlatform(config),
    imageId: there.config.digest,
    config: there.config,
    layers: there.layers.map((descriptor, index) => ({ diffId: diffIds[index], descriptor })),
  };
}

/** Everything but the form of the layers; the diffIDs are in the configuration, whose digest is here. */
const manifestShape = (manifest: Manifest): string =>
  canonicalJson({ ...manifest, layers: manifest.layers.map(({ annotations }) => annotations ?? {}) });

const indexShape = (index: Index): string =>
  canonicalJson({ ...index, manifests: index.manifests.map((entry) => ({ ...entry, digest: "", size: 0 })) });
