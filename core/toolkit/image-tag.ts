import { requireStored, storeName } from "./find-image.ts";
import type { Host } from "./host.ts";
import { nameImages } from "./name-images.ts";
import { openStore } from "./open-store.ts";

/** Gives an image of the store another name; whatever had that name loses it. */
export async function tagImage(
  { image, name }: { readonly image: string; readonly name: string },
  host: Host,
): Promise<void> {
  const target = storeName(name);
  await using store = await openStore(host);
  await using _lease = await store.lease();
  const { descriptor } = await requireStored(store, image, host);
  await nameImages(store, [{ name: target, descriptor }]);
}
