import { readImage } from "../oci/image/image-view.ts";
import type { ContainerDirectory } from "../run/state/container-directory.ts";
import type { ContainerRecord } from "../run/state/container-record.ts";
import { sizeOfTree } from "../run/volumes/size-of-tree.ts";
import { platformOrHost } from "./find-image.ts";
import type { Host } from "./host.ts";
import { contentSize } from "./layer-size.ts";
import { openStore } from "./open-store.ts";
import { humanSize } from "./sizes.ts";

/** How much each container wrote, and that with its image, by id: `12B (virtual 1.2MB)`. */
export async function containerSizes(
  containers: readonly { readonly container: ContainerDirectory; readonly record: ContainerRecord }[],
  host: Host,
): Promise<ReadonlyMap<string, string>> {
  await using store = await openStore(host);
  const sizes = new Map<string, string>();
  for (const { container, record } of containers) {
    const written = sizeOfTree(`${container.file("root")}/upper`);
    const view = await readImage(store.blobs, record.image.descriptor, platformOrHost(undefined));
    const whole = written + contentSize(store, view);
    sizes.set(record.id, `${humanSize(written, 3)} (virtual ${humanSize(whole, 3)})`);
  }
  return sizes;
}
