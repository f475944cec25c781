import { TsdockError } from "../errors/tsdock-error.ts";
import { requireStored } from "./find-image.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";

/** Removes names; by id, all names of an image. What nothing needs any more goes with the next prune. Gives the names removed. */
export async function removeImages(
  { images, force }: { readonly images: readonly string[]; readonly force: boolean },
  host: Host,
): Promise<readonly string[]> {
  await using store = await openStore(host);
  const wanted = new Set<string>();
  for (const text of images) {
    const found = await requireStored(store, text, host);
    const { digest } = found.descriptor;
    const names = store.images
      .list()
      .flatMap((image) => (image.descriptor.digest === digest ? [image.name ?? digest] : []));
    if (found.name !== undefined) wanted.add(found.name);
    else if (names.length <= 1 || force) for (const name of names) wanted.add(name);
    else {
      throw new TsdockError("USAGE", `${text} has ${names.length} names: ${names.join(", ")}`, {
        hint: "remove one of the names, or all with --force",
      });
    }
  }
  return await store.images.remove([...wanted]);
}
