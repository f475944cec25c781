import { type Engine, type EngineName, engineNames } from "../engine/engine.ts";
import type { LoadedImage } from "../engine/image-to-load.ts";
import { type LoadResult, loadIntoEngine } from "../engine/load-image.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Store } from "../oci/store/store.ts";
import { completeImage } from "./complete-image.ts";
import type { Host } from "./host.ts";
import type { RegistryAccess } from "./registry-access.ts";

/** Error `USAGE`. */
export function engineNamed(text: string): EngineName {
  const found = engineNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new TsdockError("USAGE", `there is no engine ${text}`, { hint: `one of ${engineNames.join(", ")}` });
}

export const engineOf = (name: EngineName, { env, cwd, signal }: Host): Engine => ({
  name,
  env,
  cwd,
  signal,
});

/** Gives an image of the store to another engine and says how much of it was sent. */
export async function loadImageInto(
  engine: Engine,
  image: LoadedImage,
  {
    store,
    registry,
    host,
  }: { readonly store: Store; readonly registry: RegistryAccess; readonly host: Host },
): Promise<LoadResult> {
  const complete = (from: number): Promise<void> => completeImage(store, image.view, registry, host, from);
  const result = await loadIntoEngine({ engine, image, blobs: store.blobs, complete });
  const { name, layers, sent } = result;
  const what = sent === 0 ? "is there already" : `${sent} of ${layers} layers sent`;
  host.emit({ type: "notice", message: `${engine.name}: ${name}: ${what}` });
  return result;
}
