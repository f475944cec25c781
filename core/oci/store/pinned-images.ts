import fs from "node:fs";
import path from "node:path";
import type { Descriptor } from "../spec/descriptor.ts";
import { readNames } from "./temp-files.ts";

/** Images that containers were made of, whether or not they have a name still: `containers/ID/config.json`, `image.descriptor`. */
export function pinnedImages(store: string): readonly Descriptor[] {
  const directory = path.join(store, "containers");
  return readNames(directory).flatMap((name) => {
    try {
      const text = fs.readFileSync(path.join(directory, name, "config.json"), "utf8");
      const { image } = JSON.parse(text) as { readonly image?: { readonly descriptor?: Descriptor } };
      return image?.descriptor ?? [];
    } catch {
      // Removed meanwhile, or cut short by a power failure: it needs nothing.
      return [];
    }
  });
}
