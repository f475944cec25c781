import type { Digest } from "../oci/spec/digest.ts";
import { familiarReference, parseReference, withDefaultTag } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import { readImage } from "../oci/image/image-view.ts";
import { type FoundImage, platformOrHost } from "./find-image.ts";
import type { Host } from "./host.ts";
import { createImageResolver } from "./image-resolver.ts";
import { createLazyExecutor } from "./lazy-executor.ts";
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
  const { mediaType, config, layers } = JSON.parse(Buffer.from(resolved.manifest).toString("utf8")) as {
    mediaType?: string;
    config: { digest: Digest };
    layers: { digest: Digest; size: number; mediaType: string }[];
  };
  const descriptor = {
    mediaType: mediaType ?? "application/vnd.oci.image.manifest.v1+json",
    digest: resolved.manifestDigest,
    size: resolved.manifest.byteLength,
  };
  const diffIds = (
    JSON.parse(Buffer.from(await store.blobs.read(config.digest)).toString("utf8")) as {
      rootfs: { diff_ids: Digest[] };
    }
  ).rootfs.diff_ids;
  for (const [index, layer] of layers.entries()) {
    const diffId = diffIds[index];
    if (diffId !== undefined && resolved.repository !== undefined) {
      await store.compressed.put(diffId, { descriptor: layer, repositories: [resolved.repository] });
    }
  }
  await store.images.set([{ name, descriptor }]);
  return { name, descriptor, digest: resolved.pinned };
}
