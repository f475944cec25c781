import fs from "node:fs";
import path from "node:path";
import { type ImageView, parseIndex } from "../oci/image/image-view.ts";
import { type Digest, hexOf } from "../oci/spec/digest.ts";
import { isIndexType } from "../oci/spec/media-types.ts";
import type { Store } from "../oci/store/store.ts";
import { keep, readKept } from "../util/kept-json.ts";
import { type FoundImage, viewOf } from "./find-image.ts";

const format = "tsdock view 1";

/** A view that was read once, and what the files it was read from were like then. */
interface Written {
  readonly files: readonly (readonly [digest: Digest, facts: string])[];
  readonly view: ImageView;
}

/**
 * `viewOf`, read and verified only where its files are not those of the last time: Node takes longer to load what reads and hashes than
 * to do either.
 */
export async function rememberedView(
  home: string,
  store: Store,
  found: FoundImage,
  platform: string | undefined,
): Promise<ImageView> {
  const name = `view-${hexOf(found.descriptor.digest)}${platform === undefined ? "" : `-${platform.replaceAll("/", "-")}`}.json`;
  const file = path.join(home, "contexts", name);
  const known = readKept(file, format) as Written | undefined;
  if (known?.files.every(([digest, facts]) => factsOf(store, digest) === facts) === true) return known.view;
  const view = await viewOf(store, found, platform);
  const digests = [view.descriptor.digest, view.manifest.config.digest, ...(await entriesOf(store, found))];
  keep(file, format, {
    files: digests.map((digest) => [digest, factsOf(store, digest)]),
    view,
  } satisfies Written);
  return view;
}

/** An index, and what it names: which of that is here decides which one is meant. */
async function entriesOf(store: Store, { descriptor }: FoundImage): Promise<readonly Digest[]> {
  if (!isIndexType(descriptor.mediaType)) return [];
  const { manifests } = parseIndex(await store.blobs.read(descriptor.digest), descriptor);
  return [descriptor.digest, ...manifests.map(({ digest }) => digest)];
}

/** Empty where there is no file. */
function factsOf({ blobs }: Store, digest: Digest): string {
  const stats = fs.statSync(blobs.path(digest), { throwIfNoEntry: false });
  return stats === undefined ? "" : [stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino].join(" ");
}
