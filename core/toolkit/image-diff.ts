import {
  type ConfigDifference,
  diffConfigs,
  diffTrees,
  type FileDifference,
} from "../oci/image/diff-images.ts";
import type { ImageView } from "../oci/image/image-view.ts";
import type { FileTree } from "../oci/layer/tree.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { Store } from "../oci/store/store.ts";
import { requireStored, viewOf } from "./find-image.ts";
import type { Host } from "./host.ts";
import { createLazyExecutor, type LazyExecutor } from "./lazy-executor.ts";
import { openStore } from "./open-store.ts";
import { createConfiguredAccess, type RegistryAccess } from "./registry-access.ts";
import { storedLayers } from "./stored-layers.ts";

export interface DiffRequest {
  readonly before: string;
  readonly after: string;
  readonly platform: string | undefined;
}

export interface ImageDiff {
  readonly before: { readonly image: string; readonly id: Digest };
  readonly after: { readonly image: string; readonly id: Digest };
  readonly files: readonly FileDifference[];
  readonly config: readonly ConfigDifference[];
}

/** The files and the configuration that two images do not have alike. */
export async function diffImages(request: DiffRequest, host: Host): Promise<ImageDiff> {
  await using executor = createLazyExecutor({ host, runtime: undefined });
  await using registry = createConfiguredAccess(host);
  await using store = await openStore(host, executor.get);
  await using _lease = await store.lease();
  const [before, after] = await Promise.all(
    [request.before, request.after].map(async (text) =>
      viewOf(store, await requireStored(store, text, host), request.platform),
    ),
  );
  if (before === undefined || after === undefined) throw new TypeError("two images are compared");
  const [left, right] = await Promise.all([
    treeOf(before, store, executor, registry, host),
    treeOf(after, store, executor, registry, host),
  ]);
  return {
    before: { image: request.before, id: before.manifest.config.digest },
    after: { image: request.after, id: after.manifest.config.digest },
    files: diffTrees(left, right),
    config: diffConfigs(before.config, after.config),
  };
}

function treeOf(
  view: ImageView,
  store: Store,
  executor: LazyExecutor,
  registry: RegistryAccess,
  host: Host,
): Promise<FileTree> {
  const layers = storedLayers(view, store, executor, registry, host);
  return layers.tree(view.config.rootfs.diff_ids.map((diffId) => ({ diffId })));
}
