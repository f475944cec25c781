import { LayerAccess } from "../build/layer-access.ts";
import type { ImageView } from "../oci/image/image-view.ts";
import { parseReference } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import type { Host } from "./host.ts";
import type { LazyExecutor } from "./lazy-executor.ts";
import type { RegistryAccess } from "./registry-access.ts";

/** The layers of an image of the store, fetched from where they are known to be when somebody reads them. */
export function storedLayers(
  view: ImageView,
  store: Store,
  executor: LazyExecutor,
  registry: RegistryAccess,
  host: Host,
): LayerAccess {
  const layers = new LayerAccess({ store, executor: executor.get, signal: host.signal, emit: host.emit });
  for (const [index, descriptor] of view.manifest.layers.entries()) {
    const diffId = view.config.rootfs.diff_ids[index];
    if (diffId === undefined) continue;
    const repository = store.compressed.get(diffId).find((one) => one.descriptor.digest === descriptor.digest)
      ?.repositories[0];
    layers.addOrigin(diffId, {
      descriptor,
      async open(signal) {
        if (store.blobs.has(descriptor.digest) || repository === undefined)
          return store.blobs.open(descriptor.digest);
        return (await registry.get()).openBlob(parseReference(repository), descriptor, 0, signal);
      },
    });
  }
  return layers;
}
