import type { ImageResolver, ResolvedImage } from "../build/operation-handler.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { readArchive } from "../oci/image/archive-reader.ts";
import { copyImages } from "../oci/image/copy-image.ts";
import {
  documentTypeOf,
  type ImageView,
  parseIndex,
  parseManifest,
  pickPlatform,
  readImage,
} from "../oci/image/image-view.ts";
import { findImage, LayoutReader } from "../oci/image/layout-reader.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { isIndexType } from "../oci/spec/media-types.ts";
import type { Platform } from "../oci/spec/platform.ts";
import { parseReference, type Reference, repositoryName, withDefaultTag } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import { memoizeAsync } from "../util/memoize-async.ts";
import { openFile } from "../util/open-file.ts";

export interface ImageResolverOptions {
  readonly store: Store;
  readonly client: () => Promise<RegistryClient>;
  readonly signal: AbortSignal;
  /** `--locked`: what no lock pins is an error. */
  readonly strict: boolean;
}

/** Bases from registries, layouts and archives. Manifests and configurations are kept in the store; layers are not asked for. */
export function createImageResolver(options: ImageResolverOptions): ImageResolver {
  const resolveTag = memoizeAsync(async (text: string) => {
    const reference = withDefaultTag(parseReference(text));
    return (await options.client()).resolve(reference, options.signal);
  });
  return {
    registry: (text, platform, pinned) => fromRegistry(text, platform, pinned, resolveTag, options),
    layout: (directory, tag, platform) => fromLayout(directory, tag, platform, options),
    archive: (file, platform) => fromArchive(file, platform, options),
  };
}

async function fromRegistry(
  text: string,
  platform: Platform,
  pinned: Digest | undefined,
  resolveTag: (text: string) => Promise<Descriptor>,
  options: ImageResolverOptions,
): Promise<ResolvedImage> {
  const { store, signal } = options;
  const reference = parseReference(text);
  const digest = reference.digest ?? pinned;
  if (digest === undefined && options.strict) {
    throw new TsdockError(
      "LOCK_MISSING",
      `${text} is not in tsdock.lock, and --locked forbids to resolve it`,
      {
        hint: "run tsdock lock and commit tsdock.lock",
      },
    );
  }
  const root = digest ?? (await resolveTag(text)).digest;
  const view = await readView(reference, root, platform, options);
  const byDigest = new Map(view.manifest.layers.map((layer) => [layer.digest, layer]));
  return {
    pinned: root,
    manifestDigest: view.descriptor.digest,
    manifest: await store.blobs.read(view.descriptor.digest),
    config: await store.blobs.read(view.manifest.config.digest),
    repository: repositoryName(reference),
    async openLayer(layer) {
      const descriptor = byDigest.get(layer);
      if (descriptor === undefined) throw new TsdockError("LAYER_MISSING", `${text} has no layer ${layer}`);
      if (store.blobs.has(layer)) return store.blobs.open(layer);
      return (await options.client()).openBlob(reference, descriptor, 0, signal);
    },
  };
}

/** The manifest of a platform and its configuration: from the store, else from the registry, verified and kept. */
async function readView(
  reference: Reference,
  root: Digest,
  platform: Platform,
  options: ImageResolverOptions,
): Promise<ImageView> {
  const { store } = options;
  const document = async (digest: Digest): Promise<Descriptor> => {
    if (!store.blobs.has(digest)) await fetchManifest(reference, digest, options);
    const bytes = await store.blobs.read(digest);
    return { mediaType: documentTypeOf(bytes, digest), digest, size: bytes.byteLength };
  };
  let descriptor = await document(root);
  for (let depth = 0; isIndexType(descriptor.mediaType) && depth < 4; depth++) {
    const index = parseIndex(await store.blobs.read(descriptor.digest), descriptor);
    descriptor = await document(pickPlatform(index, platform, descriptor.digest).digest);
  }
  const manifest = parseManifest(await store.blobs.read(descriptor.digest), descriptor);
  if (!store.blobs.has(manifest.config.digest)) {
    const config = (await options.client()).openBlob(reference, manifest.config, 0, options.signal);
    await store.blobs.putStream(config, manifest.config);
  }
  return readImage(store.blobs, descriptor, platform);
}

async function fetchManifest(
  { registry, repository }: Reference,
  digest: Digest,
  { store, client, signal }: ImageResolverOptions,
): Promise<void> {
  const { bytes } = await (await client()).manifest({ registry, repository, digest }, signal);
  await store.blobs.put(bytes);
}

async function fromLayout(
  directory: string,
  tag: string | undefined,
  platform: Platform,
  { store, signal }: ImageResolverOptions,
): Promise<ResolvedImage> {
  const reader = LayoutReader.open(directory);
  const descriptor = reader.find(tag);
  await copyImages([descriptor], reader, store.blobs, { signal });
  return fromStore(descriptor, platform, store);
}

async function fromArchive(
  file: string,
  platform: Platform,
  { store, signal }: ImageResolverOptions,
): Promise<ResolvedImage> {
  const images = await readArchive(openFile(file), store.blobs, signal);
  const entries = images.map(({ names, descriptor }) => ({ name: names[0], descriptor }));
  return fromStore(findImage(entries, undefined, file), platform, store);
}

/** An image that was copied into the store whole. */
async function fromStore(descriptor: Descriptor, platform: Platform, store: Store): Promise<ResolvedImage> {
  const view = await readImage(store.blobs, descriptor, platform);
  return {
    pinned: descriptor.digest,
    manifestDigest: view.descriptor.digest,
    manifest: await store.blobs.read(view.descriptor.digest),
    config: await store.blobs.read(view.manifest.config.digest),
    openLayer: (digest) => Promise.resolve(store.blobs.open(digest)),
  };
}
