import path from "node:path";
import type { Place } from "../../errors/place.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { namedImports, parseModule } from "../source-places.ts";
import { cycleThrough, type ImportGraph } from "./import-graph.ts";

const sentence = /^Cannot access '(.+)' before initialization$/;

/**
 * The ReferenceError that modules throw when they import one another and one of them uses what is not there yet, as the
 * circle that it is. A variable that is used before its own declaration, in a file without a circle, is none.
 */
export function cycleError(
  error: unknown,
  imports: ImportGraph,
  places: readonly Place[],
): TsdockError | undefined {
  const name = error instanceof ReferenceError ? sentence.exec(error.message)?.[1] : undefined;
  const place = places[0];
  if (name === undefined || place === undefined) return undefined;
  const cycle = cycleThrough(imports, place.file);
  const acrossFiles = places.some(({ file }) => file !== place.file);
  if (cycle === undefined || !(acrossFiles || isImported(place.file, name))) return undefined;
  const [first = "", ...rest] = cycle.map((file) => path.relative(path.dirname(place.file), file));
  return new TsdockError(
    "MODULE_CYCLE",
    `modules import one another in a circle, so that ${name} is used before it is there`,
    {
      place,
      details: [first, ...rest.map((file) => `imports ${file}`)].join("\n  "),
      hint: `move ${name} into a module that imports neither of them`,
    },
  );
}

function isImported(file: string, name: string): boolean {
  const parsed = parseModule(file);
  return parsed !== undefined && namedImports(parsed).some((one) => one.local === name);
}
