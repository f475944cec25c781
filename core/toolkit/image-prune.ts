import type { Host } from "./host.ts";
import { imageFilter } from "./image-filters.ts";
import { createdTime } from "./image-list.ts";
import { type RemovedImages, removeNames } from "./image-rm.ts";
import { imageUsers } from "./image-users.ts";
import { manifestsOf } from "./find-image.ts";
import { openStore } from "./open-store.ts";

export interface ImagePruneRequest {
  /** Also images that have names, where no container uses them. */
  readonly all: boolean;
  /** `until=24h`, `label=KEY[=VALUE]`. */
  readonly filters: readonly string[];
}

/** Removes images that have no name, or with `all` those that no container uses. Error `FILTER_INVALID`. */
export async function pruneImages(request: ImagePruneRequest, host: Host): Promise<RemovedImages> {
  await using store = await openStore(host);
  const passes = await imageFilter(request.filters, () => Promise.resolve(undefined));
  const users = imageUsers(store.directory);
  const names: string[] = [];
  const descriptors = [];
  for (const { name, descriptor } of store.images.list()) {
    if (name !== undefined && !request.all) continue;
    const views = await manifestsOf(store, descriptor);
    if (views.some((view) => users.has(view.manifest.config.digest))) continue;
    if (!passes({ name, config: views[0]?.config, time: createdTime(store, views, descriptor) })) continue;
    names.push(name ?? descriptor.digest);
    descriptors.push(descriptor);
  }
  const gone = new Set(names);
  const kept = new Set(
    store.images
      .list()
      .filter(({ name, descriptor }) => !gone.has(name ?? descriptor.digest))
      .map(({ descriptor }) => descriptor.digest),
  );
  const doomed = new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor]));
  return await removeNames(
    store,
    names,
    [...doomed.values()].filter(({ digest }) => !kept.has(digest)),
    host.signal,
  );
}
