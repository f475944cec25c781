import fs from "node:fs";
import type { Site } from "../../declare/site.ts";
import { kebabCase } from "../../graph/compile/names.ts";

/** Names of variables in the modules, which images that nobody exports go by. */
export function createVariableNames(): (site: Site) => string | undefined {
  const files = new Map<string, readonly string[]>();
  const linesOf = (file: string): readonly string[] => {
    const known = files.get(file) ?? fs.readFileSync(file, "utf8").split("\n");
    files.set(file, known);
    return known;
  };
  return (site) => {
    const place = site.place();
    if (place === undefined) return undefined;
    const lines = linesOf(place.file).slice(0, place.line);
    const before = [...lines.slice(0, -1), (lines.at(-1) ?? "").slice(0, place.column - 1)]
      .slice(-3)
      .join("\n");
    const name = /(?:const|let|var)\s+([\w$]+)\s*(?::\s*[\w.]+\s*)?=\s*$/.exec(before)?.[1];
    return name === undefined ? undefined : kebabCase(name);
  };
}
