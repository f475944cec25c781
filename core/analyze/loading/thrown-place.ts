import type { Place } from "../../errors/place.ts";
import { fileOf, loadOf } from "./load-url.ts";

const frame = /(file:\/\/\S+?\?tsdock=\d+)(?::(\d+))?(?::(\d+))?/g;

/** The positions in the user's modules that an error's stack names, innermost first, in the code as it runs. */
export function stackPlaces(error: unknown): readonly Place[] {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return [...stack.matchAll(frame)].flatMap(([, url = "", line, column]) => {
    const file = loadOf(url) === undefined ? undefined : fileOf(url);
    if (file === undefined || line === undefined) return [];
    return [{ file, line: Number(line), column: Number(column ?? 1) }];
  });
}
