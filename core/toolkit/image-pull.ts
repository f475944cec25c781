import type { Digest } from "../oci/spec/digest.ts";
import { familiarReference, parseReference, withDefaultTag } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import { documentTypeOf, readImage } from "../oci/image/image-view.ts";
import { type FoundImage, platformOrHost } from "./find-image.ts";
import type { Host } from "./host.ts";
import { createImageResolver } from "./image-resolver.ts";
import { createLazyExecutor } from "./lazy-executor.ts";
import { nameImages } from "./name-images.ts";
import { openStore } from "./open-store.ts";
import { createRegistryAccess, type RegistryAccess } from "./registry-access.ts";
import { storedLayers } from "./stored-layers.ts";

export interface PullRequest {
  readonly reference: string;
  readonly platform: string | undefined;
}

export interface PullResult {
  /** `NAME:TAG` in the store. */
  readonly reference: string;
  /** What the tag stands for in the registry. */
  readonly digest: Digest;
}

/** Copies one platform of an image to the store, layers and all, and names it. */
export async function pullImage(request: PullRequest, host: Host): Promise<PullResult> {
  await using executor = createLazyExecutor({ host, runtime: undefined });
  await using registry = createRegistryAccess(host, {});
  await using store = await openStore(host, executor.get);
  await using _lease = await store.lease();
  const found = await pullInto(store, request, registry, host);
  const view = await readImage(store.blobs, found.descriptor, platformOrHost(request.platform));
  const layers = storedLayers(view, store, executor, registry, host);
  await Promise.all(view.config.rootfs.diff_ids.map((diffId) => layers.tar(diffId)));
  return { reference: found.name ?? request.reference, digest: found.digest };
}

/** Names an image in the store; its layers are fetched when they are read. */
export async function pullInto(
  store: Store,
  request: PullRequest,
  registry: RegistryAccess,
  host: Host,
): Promise<FoundImage & { readonly digest: Digest }> {
  const reference = withDefaultTag(parseReference(request.reference));
  const name = familiarReference(reference);
  const resolver = createImageResolver({ store, client: registry.get, signal: host.signal, strict: false });
  const resolved = await resolver.registry(request.reference, platformOrHost(request.platform), undefined);
  const { manifestDigest, manifest, repository } = resolved;
  const mediaType = documentTypeOf(manifest, manifestDigest);
  const descriptor = { mediaType, digest: manifestDigest, size: manifest.byteLength };
  const view = await readImage(store.blobs, descriptor, platformOrHost(request.platform));
  for (const [index, layer] of view.manifest.layers.entries()) {
    const diffId = view.config.rootfs.diff_ids[index];
    if (diffId === undefined || repository === undefined) continue;
    await store.compressed.put(diffId, { descriptor: layer, repositories: [repository] });
  }
  await nameImages(store, [{ name, descriptor }]);
  if (repository !== undefined)
    await store.facts.add(manifestDigest, { repositories: { [repository]: resolved.pinned } });
  return { name, descriptor, digest: resolved.pinned };
}
