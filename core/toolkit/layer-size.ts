import { readTarMembers } from "../oci/layer/tar-members.ts";
import type { ImageView } from "../oci/image/image-view.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { Store } from "../oci/store/store.ts";

/**
 * Bytes of the files in a layer, which is what docker shows as its size; undefined while the layer is not here. A layer never
 * changes, so what was once counted is kept.
 */
export function layerSize(store: Store, diffId: Digest): number | undefined {
  if (!store.blobs.has(diffId)) return undefined;
  const key = `size of files in ${diffId}`;
  const known = store.contexts.get(key);
  if (known?.byteLength === 8) return Number(Buffer.from(known).readBigUInt64BE());
  const members = readTarMembers(store.blobs.path(diffId));
  const size = members.reduce((sum, member) => sum + (isFile(member.type) ? member.size : 0), 0);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  store.contexts.put(key, bytes);
  return size;
}

/** All but links, devices, directories and FIFOs: `1` to `6`. */
const isFile = (type: string): boolean => !/^[1-6]$/.test(type);

/** Bytes of the files in an image's layers: of those that are not here, as they lie in their registry. */
export const contentSize = (store: Store, view: ImageView): number =>
  view.manifest.layers.reduce((sum, layer, index) => {
    const diffId = view.config.rootfs.diff_ids[index];
    return sum + ((diffId === undefined ? undefined : layerSize(store, diffId)) ?? layer.size);
  }, 0);
