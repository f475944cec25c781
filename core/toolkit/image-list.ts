import { imageSize } from "../oci/image/human.ts";
import { createdCell, timeOf } from "../oci/image/history.ts";
import type { ImageView } from "../oci/image/image-view.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import type { Store } from "../oci/store/store.ts";
import { manifestsOf } from "./find-image.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";

/** A row of `docker image ls`. */
export interface ImageRow {
  readonly repository: string;
  readonly tag: string;
  /** The digest of the configuration; over several platforms, that of the index. */
  readonly id: Digest;
  readonly digest: Digest;
  readonly platforms: readonly string[];
  /** RFC 3339; null where the image does not say. */
  readonly created: string | null;
  readonly createdSince: string;
  /** Bytes of all layers, unpacked. */
  readonly size: number;
  readonly humanSize: string;
}

/** The images of the store, in the order of its index. */
export async function listImages(
  { repository }: { readonly repository: string | undefined },
  host: Host,
): Promise<readonly ImageRow[]> {
  await using store = await openStore(host);
  const rows: ImageRow[] = [];
  for (const { name, descriptor } of store.images.list()) {
    const at = name?.lastIndexOf(":") ?? -1;
    const row = { repository: name?.slice(0, at) ?? "<none>", tag: name?.slice(at + 1) ?? "<none>" };
    if (repository !== undefined && row.repository !== repository && name !== repository) continue;
    const views = await manifestsOf(store, descriptor);
    rows.push({ ...row, ...describe(store, views, descriptor.digest) });
  }
  return rows;
}

function describe(
  store: Store,
  views: readonly ImageView[],
  digest: Digest,
): Omit<ImageRow, "repository" | "tag"> {
  const [first] = views;
  const created = timeOf(first?.config.created);
  const size = views.reduce((sum, view) => sum + contentSize(store, view), 0);
  return {
    id: views.length === 1 && first !== undefined ? first.manifest.config.digest : digest,
    digest,
    platforms: views.map(({ config: { os, architecture, variant } }) =>
      formatPlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) }),
    ),
    created: first?.config.created ?? null,
    createdSince: createdCell(created, Date.now()),
    size,
    humanSize: imageSize(size),
  };
}

/** Bytes of an image's layers: as they lie here, or as they would come. */
export const contentSize = (store: Store, view: ImageView): number =>
  view.manifest.layers.reduce((sum, layer, index) => {
    const diffId = view.config.rootfs.diff_ids[index];
    return sum + ((diffId === undefined ? undefined : store.blobs.size(diffId)) ?? layer.size);
  }, 0);
