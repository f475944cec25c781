import type { Digest } from "../oci/spec/digest.ts";
import type { EventSink } from "../events.ts";
import {
  defaultTag,
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import { documentTypeOf, type ImageView, readImage } from "../oci/image/image-view.ts";
import { type FoundImage, platformOrHost } from "./find-image.ts";
import type { Host } from "./host.ts";
import { createImageResolver } from "./image-resolver.ts";
import { createLazyExecutor, type LazyExecutor } from "./lazy-executor.ts";
import { nameImages } from "./name-images.ts";
import { openStore } from "./open-store.ts";
import { type ConfiguredAccess, createConfiguredAccess, type RegistryAccess } from "./registry-access.ts";
import { storedLayers } from "./stored-layers.ts";

export interface PullRequest {
  readonly reference: string;
  readonly platform: string | undefined;
}

export interface PullResult {
  /** `NAME:TAG` in the store. */
  readonly reference: string;
  /** The same with its registry: `docker.io/library/busybox:latest`. */
  readonly wholeReference: string;
  /** What the tag stands for in the registry. */
  readonly digest: Digest;
  /** The name stood for another image before, or for none. */
  readonly isNew: boolean;
}

/** Copies one platform of an image to the store, layers and all, and names it. */
export async function pullImage(request: PullRequest, { emit, ...rest }: Host): Promise<PullResult> {
  const told: EventSink = (event) => emit(event.type === "transfer" ? { ...event, told: true } : event);
  const host: Host = { ...rest, emit: told };
  await using executor = createLazyExecutor({ host, runtime: undefined });
  await using registry = createConfiguredAccess(host);
  await using store = await openStore(host, executor.get);
  await using _lease = await store.lease();
  const reference = parseReference(await registry.wholeName(request.reference));
  announce(reference, host);
  const before = store.images.resolve(familiarReference(withDefaultTag(reference)))?.descriptor.digest;
  const found = await pullInto(store, request, registry, host);
  const view = await readImage(store.blobs, found.descriptor, platformOrHost(request.platform));
  const isWhole = await fetchLayers(view, store, executor, registry, host);
  return {
    reference: found.name ?? request.reference,
    wholeReference: formatReference(withDefaultTag(reference)),
    digest: found.digest,
    isNew: before !== found.descriptor.digest || !isWhole,
  };
}

function announce(reference: Reference, { emit }: Host): void {
  const { tag, digest, repository } = withDefaultTag(reference);
  if (reference.tag === undefined && reference.digest === undefined)
    emit({ type: "notice", message: `Using default tag: ${defaultTag}` });
  emit({ type: "notice", message: `${digest ?? tag ?? ""}: Pulling from ${repository}` });
}

/** Brings the layers that are not here, and tells of each what docker does. True where all of them were here. */
async function fetchLayers(
  view: ImageView,
  store: Store,
  executor: LazyExecutor,
  registry: RegistryAccess,
  host: Host,
): Promise<boolean> {
  const layers = storedLayers(view, store, executor, registry, host);
  const fetched = await Promise.all(
    view.config.rootfs.diff_ids.map(async (diffId, index) => {
      const digest = view.manifest.layers[index]?.digest ?? diffId;
      const isHere = store.blobs.has(diffId);
      host.emit({ type: "layer", digest, state: isHere ? "present" : "pulling" });
      await layers.tar(diffId);
      if (!isHere) host.emit({ type: "layer", digest, state: "pulled" });
      return isHere;
    }),
  );
  return fetched.every((isHere) => isHere);
}

/** Names an image in the store; its layers are fetched when they are read. */
export async function pullInto(
  store: Store,
  request: PullRequest,
  registry: ConfiguredAccess,
  host: Host,
): Promise<FoundImage & { readonly digest: Digest }> {
  const whole = await registry.wholeName(request.reference);
  const reference = withDefaultTag(parseReference(whole));
  const name = familiarReference(reference);
  const { signal } = host;
  const resolver = createImageResolver({ store, client: registry.get, signal, strict: false });
  const resolved = await resolver.registry(whole, platformOrHost(request.platform), undefined);
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
