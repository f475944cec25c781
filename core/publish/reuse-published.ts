import type { Descriptor, Index, Manifest } from "../oci/spec/descriptor.ts";
import { isIndexType, isManifestType } from "../oci/spec/media-types.ts";
import { parseIndex, parseManifest } from "../oci/image/image-view.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import type { Digest } from "../oci/spec/digest.ts";
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

/**
 * What is published already, if it is an image with the same configurations (and so the same files), whatever else its
 * manifests say; and the configurations that it has.
 */
export async function adoptPublished(
  { index, manifests }: ImageDocuments,
  published: Document,
  read: (descriptor: Descriptor) => Promise<Document>,
): Promise<{ readonly release: ReleaseImage | undefined; readonly imageIds: readonly Digest[] }> {
  const documents = await publishedManifests(published, read);
  const there = documents.map((document) => parseManifest(document.bytes, document.descriptor));
  const imageIds = there.map(({ config }) => config.digest);
  const same =
    (index === undefined) === isManifestType(published.descriptor.mediaType) &&
    manifests.length === entriesOf(published) &&
    manifests.length === imageIds.length &&
    manifests.every(({ value }, at) => value.config.digest === imageIds[at]);
  if (!same) return { release: undefined, imageIds };
  const adopted = manifests.flatMap(({ diffIds, config }, at): readonly ReleaseManifest[] => {
    const document = documents[at];
    const manifest = there[at];
    if (document === undefined || manifest === undefined) return [];
    const layers = manifest.layers.map((descriptor, layer) => ({ diffId: diffIds[layer], descriptor }));
    const { config: described } = manifest;
    return [
      { document, platform: formatPlatform(config), imageId: described.digest, config: described, layers },
    ];
  });
  return { release: { top: published, manifests: adopted }, imageIds };
}

async function publishedManifests(
  published: Document,
  read: (descriptor: Descriptor) => Promise<Document>,
): Promise<readonly Document[]> {
  if (!isIndexType(published.descriptor.mediaType)) return [published];
  const { manifests } = parseIndex(published.bytes, published.descriptor);
  // Whatever else somebody put into it makes it another image.
  return Promise.all(manifests.filter(({ mediaType }) => isManifestType(mediaType)).map(read));
}

const entriesOf = ({ descriptor, bytes }: Document): number =>
  isIndexType(descriptor.mediaType) ? parseIndex(bytes, descriptor).manifests.length : 1;
