import { TsdockError } from "../errors/tsdock-error.ts";
import type { ImageView } from "../oci/image/image-view.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import { parseReference } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import { manifestsOf } from "./find-image.ts";
import type { Host } from "./host.ts";
import { createConfiguredAccess, type RegistryAccess } from "./registry-access.ts";

/** Brings what images still have only in a registry, so that they can leave the store whole. */
export async function completeImages(
  store: Store,
  descriptors: readonly Descriptor[],
  host: Host,
): Promise<void> {
  await using registry = createConfiguredAccess(host);
  for (const descriptor of descriptors) {
    for (const view of await manifestsOf(store, descriptor)) await completeImage(store, view, registry, host);
  }
}

/** The same for one image of one platform, from one of its layers on. */
export async function completeImage(
  store: Store,
  view: ImageView,
  registry: RegistryAccess,
  host: Host,
  from = 0,
): Promise<void> {
  for (const [index, layer] of view.manifest.layers.entries()) {
    if (index < from || store.blobs.has(layer.digest)) continue;
    const diffId = view.config.rootfs.diff_ids[index];
    const known = diffId === undefined ? [] : store.compressed.get(diffId);
    const repository = known.find((one) => one.descriptor.digest === layer.digest)?.repositories[0];
    if (repository === undefined) {
      throw new TsdockError(
        "LAYER_MISSING",
        `the layer ${layer.digest} is neither in the store nor in a registry that is known`,
        {
          hint: "build or pull the image again",
        },
      );
    }
    const blob = (await registry.get()).openBlob(parseReference(repository), layer, 0, host.signal);
    await store.blobs.putStream(blob, { digest: layer.digest, size: layer.size });
  }
}
