import type { ImageResolver, ResolvedImage } from "../build/operation-handler.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { readArchive } from "../oci/image/archive-reader.ts";
import { copyImages } from "../oci/image/copy-image.ts";
import { documentTypeOf, readImage } from "../oci/image/image-view.ts";
import { findImage, LayoutReader } from "../oci/image/layout-reader.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import { pullManifest, type RegistryReader } from "../oci/registry/pull-image.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { formatPlatform, type Platform } from "../oci/spec/platform.ts";
import { inRegistry, parseReference, withDefaultTag } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import { memoizeAsync } from "../util/memoize-async.ts";
import { openFile } from "../util/open-file.ts";

export interface ImageResolverOptions {
  readonly store: Store;
  readonly client: () => Promise<RegistryClient>;
  readonly signal: AbortSignal;
  /** `--locked`: what no lock pins is an error. */
  readonly strict: boolean;
  /** What names without a host are below; undefined for Docker Hub. */
  readonly defaultRegistry?: string | undefined;
}

/** Bases from registries, layouts and archives. Manifests and configurations are kept in the store; layers are not asked for. */
export function createImageResolver(options: ImageResolverOptions): ImageResolver {
  const resolveTag = memoizeAsync(async (text: string) => {
    const reference = withDefaultTag(parseReference(inRegistry(text, options.defaultRegistry)));
    return (await options.client()).resolve(reference, options.signal);
  });
  const asked = new Map<string, Promise<ResolvedImage>>();
  return {
    registry(text, platform, pinned) {
      const key = `${text} ${formatPlatform(platform)} ${pinned ?? ""}`;
      // Once in a run, and for all who ask: also when it failed, after all that the client tried.
      const image = asked.get(key) ?? fromRegistry(text, platform, pinned, resolveTag, options);
      asked.set(key, image);
      return image;
    },
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
  const reference = parseReference(inRegistry(text, options.defaultRegistry));
  const known = reference.digest ?? pinned;
  if (known === undefined && options.strict) {
    throw new TsdockError(
      "LOCK_MISSING",
      `${text} is not in tsdock.lock, and --locked forbids to resolve it`,
      {
        hint: "run tsdock lock and commit tsdock.lock",
      },
    );
  }
  const digest = known ?? (await resolveTag(text)).digest;
  const image = await pullManifest(storeFirst(options), { ...reference, digest }, platform, signal);
  const byDigest = new Map(image.manifest.value.layers.map((layer) => [layer.digest, layer]));
  return {
    pinned: digest,
    manifestDigest: image.manifest.descriptor.digest,
    manifest: image.manifest.bytes,
    config: image.config.bytes,
    repository: image.repository,
    async openLayer(layer) {
      const descriptor = byDigest.get(layer);
      if (descriptor === undefined) throw new TsdockError("LAYER_MISSING", `${text} has no layer ${layer}`);
      if (store.blobs.has(layer)) return store.blobs.open(layer);
      return (await options.client()).openBlob(reference, descriptor, 0, signal);
    },
  };
}

/** A registry whose manifests and configurations are looked for in the store first, and kept there. */
function storeFirst({ store: { blobs }, client, signal }: ImageResolverOptions): RegistryReader {
  return {
    async manifest(reference) {
      const { digest } = reference;
      if (digest !== undefined && blobs.has(digest)) {
        const bytes = await blobs.read(digest);
        const descriptor = { mediaType: documentTypeOf(bytes, digest), digest, size: bytes.byteLength };
        return { descriptor, bytes };
      }
      const fetched = await (await client()).manifest(reference, signal);
      await blobs.put(fetched.bytes);
      return fetched;
    },
    async *openBlob(name, descriptor) {
      const { digest } = descriptor;
      if (!blobs.has(digest)) {
        await blobs.putStream((await client()).openBlob(name, descriptor, 0, signal), descriptor);
      }
      yield await blobs.read(digest);
    },
  };
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
