import { readImage } from "../oci/image/image-view.ts";
import type { ContainerDirectory } from "../run/state/container-directory.ts";
import type { ContainerRecord } from "../run/state/container-record.ts";
import { sizeOfTree } from "../run/volumes/size-of-tree.ts";
import { platformOrHost } from "./find-image.ts";
import type { Host } from "./host.ts";
import { contentSize } from "./layer-size.ts";
import { openStore } from "./open-store.ts";
import { humanSize } from "./sizes.ts";

interface Known {
  readonly container: ContainerDirectory;
  readonly record: ContainerRecord;
}

/** Bytes that a container wrote, and those with its image. */
interface ContainerBytes {
  readonly written: number;
  readonly whole: number;
}

/** How much each container wrote, by id. */
export async function containerBytes(
  containers: readonly Known[],
  host: Host,
): Promise<ReadonlyMap<string, ContainerBytes>> {
  await using store = await openStore(host);
  const sizes = new Map<string, ContainerBytes>();
  for (const { container, record } of containers) {
    const written = sizeOfTree(`${container.file("root")}/upper`);
    const view = await readImage(store.blobs, record.image.descriptor, platformOrHost(undefined));
    sizes.set(record.id, { written, whole: written + contentSize(store, view) });
  }
  return sizes;
}

/** The same as `docker ps -s` prints it: `12B (virtual 1.2MB)`. */
export async function containerSizes(
  containers: readonly Known[],
  host: Host,
): Promise<ReadonlyMap<string, string>> {
  const bytes = await containerBytes(containers, host);
  return new Map(
    [...bytes].map(([id, { written, whole }]) => [
      id,
      `${humanSize(written, 3)} (virtual ${humanSize(whole, 3)})`,
    ]),
  );
}
