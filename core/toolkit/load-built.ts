import { hostPlatform } from "../oci/spec/platform.ts";
import { readImage } from "../oci/image/image-view.ts";
import { engineNamed, engineOf, loadImageInto } from "./engine-load.ts";
import type { Host } from "./host.ts";
import { onePlatform } from "./outputs.ts";
import type { SolvedImages } from "./solve-images.ts";

/** Gives what was built to another engine, by its name and, for a single image, by the further ones. */
export async function loadBuilt(
  engineName: string,
  { images, session }: SolvedImages,
  further: readonly string[],
  host: Host,
): Promise<void> {
  const engine = engineOf(engineNamed(engineName), host);
  const { store, registry } = session;
  for (const image of images) {
    const view = await readImage(store.blobs, onePlatform(image), hostPlatform());
    const names = [`${image.name}:latest`, ...further];
    await loadImageInto(engine, { view, names }, { store, registry, host });
  }
}
