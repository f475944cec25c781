import { LayerAccess } from "../build/layer-access.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { Store } from "../oci/store/store.ts";
import type { ImageOrigin } from "../publish/promote/image-origin.ts";
import type { RebasedPlatform } from "../publish/rebase/push-rebased.ts";
import { type BaseView, brokenContract } from "../publish/rebase/rebase-contract.ts";
import type { PublishedPlatform } from "../publish/rebase/rebase-image.ts";
import type { Host } from "./host.ts";
import { createLazyExecutor } from "./lazy-executor.ts";
import { openStore } from "./open-store.ts";

/** One platform of an image on its new base, and what it was made from. */
export interface Rebased extends RebasedPlatform {
  readonly name: string;
  readonly oldDigest: string;
  readonly newDigest: Digest;
  readonly oldBase: ImageOrigin;
  readonly parts: {
    readonly image: PublishedPlatform;
    readonly before: PublishedPlatform;
    readonly after: PublishedPlatform;
  };
}

/** Reads the image's own layers, and of both bases the directories and the names of users: once per base on this machine. */
export async function checkContract(platforms: readonly Rebased[], host: Host): Promise<void> {
  await using executor = createLazyExecutor({ host, runtime: undefined });
  await using store = await openStore(host, executor.get);
  await using _lease = await store.lease();
  const broken = new Set<string>();
  for (const platform of platforms) {
    const layers = layersOf(platform, store, executor.get, host);
    const { image, before, after } = platform.parts;
    const count = before.config.rootfs.diff_ids.length;
    const own = await Promise.all(
      image.config.rootfs.diff_ids.slice(count).map((diffId) => layers.entries(diffId)),
    );
    const inherited = image.config.config?.User === before.config.config?.User;
    const sentences = brokenContract({
      own,
      history: platform.image.ownHistory,
      user: inherited ? undefined : image.config.config?.User,
      before: await baseView(before, layers),
      after: await baseView(after, layers),
    });
    for (const sentence of sentences) broken.add(sentence);
  }
  if (broken.size === 0) return;
  throw new TsdockError("REBASE_CONTRACT", "the image expects of its base what the new one does not keep", {
    details: [...broken].join("\n"),
    hint: "build it again on the new base; --force swaps the layers all the same",
  });
}

function layersOf(
  { own, base, oldBase, parts }: Rebased,
  store: Store,
  executor: ConstructorParameters<typeof LayerAccess>[0]["executor"],
  { signal, emit }: Host,
): LayerAccess {
  const layers = new LayerAccess({ store, executor, signal, emit });
  const add = ({ manifest, config }: PublishedPlatform, origin: ImageOrigin): void => {
    for (const [index, descriptor] of manifest.layers.entries()) {
      const diffId = config.rootfs.diff_ids[index];
      if (diffId === undefined) continue;
      layers.addOrigin(diffId, {
        descriptor,
        ...(origin.repository === undefined ? {} : { repository: origin.repository }),
        open: (signal) => Promise.resolve(origin.blob(descriptor, signal).open(0)),
      });
    }
  };
  add(parts.before, oldBase);
  add(parts.after, base);
  add(parts.image, own);
  return layers;
}

async function baseView({ config }: PublishedPlatform, layers: LayerAccess): Promise<BaseView> {
  const stack = config.rootfs.diff_ids.map((diffId) => ({ diffId }));
  const { passwd = "", group = "" } = await layers.userFiles(stack);
  return { directories: await layers.directories(stack), passwd, group };
}
