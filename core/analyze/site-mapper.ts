import fs from "node:fs";
import type { Place } from "../errors/place.ts";
import { needsTransform, transformModule } from "./loading/transform-module.ts";
import { decodeMappings, originalPosition } from "./source-map.ts";

type Mappings = ReturnType<typeof decodeMappings>;

/**
 * Maps positions in modules as they run to those in the files as they were written. Modules run without source maps:
 * a map is made here, when a position is to be shown, by transforming the file once more. Files that run as they
 * are written, and files that are gone, keep their positions.
 */
export function createSiteMapper(): (place: Place) => Place {
  const known = new Map<string, Mappings | undefined>();
  return (place) => {
    if (!needsTransform(place.file)) return place;
    if (!known.has(place.file)) known.set(place.file, mappingsOf(place.file));
    const mappings = known.get(place.file);
    const original = mappings === undefined ? undefined : originalPosition(mappings, place);
    return original === undefined ? place : { file: place.file, ...original };
  };
}

function mappingsOf(file: string): Mappings | undefined {
  if (!fs.existsSync(file)) return undefined;
  const { map } = transformModule(file, fs.readFileSync(file, "utf8"), { sourcemap: true });
  return map === undefined ? undefined : decodeMappings(map.mappings);
}
