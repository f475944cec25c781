import path from "node:path";
import picomatch from "picomatch";
import { defaultImages, isSearched } from "./module-places.ts";

/** Whether a path relative to the workspace (`/` between its parts) is one of its modules. */
export function moduleFilter(patterns: readonly string[] = defaultImages): (file: string) => boolean {
  const matches = picomatch(wantedOf(patterns), { ignore: unwantedOf(patterns) });
  return (file) => file.split("/").slice(0, -1).every(isSearched) && matches(file);
}

/** Whether a directory (relative to the workspace, `/` between its parts) may hold modules, itself or further down. */
export function mayHoldModules(patterns: readonly string[] = defaultImages): (directory: string) => boolean {
  const reached = patternBases(patterns);
  return (directory) =>
    directory.split("/").every(isSearched) &&
    reached.some(
      (base) => base === "" || `${directory}/`.startsWith(`${base}/`) || base.startsWith(`${directory}/`),
    );
}

/** The directories that patterns begin in, without those within others; `""` is the workspace. */
export function patternBases(patterns: readonly string[]): readonly string[] {
  const all = wantedOf(patterns).map((pattern) => {
    const { base, glob } = picomatch.scan(pattern);
    const directory = glob === "" ? path.posix.dirname(base) : base;
    return directory === "." ? "" : directory;
  });
  const sorted = [...new Set(all)].sort();
  return sorted.filter(
    (one) => !sorted.some((other) => other !== one && (other === "" || one.startsWith(`${other}/`))),
  );
}

const isUnwanted = (pattern: string): boolean => pattern.startsWith("!");

/** The patterns that take modules in, without `./`. */
export const wantedOf = (patterns: readonly string[]): string[] =>
  patterns.filter((pattern) => !isUnwanted(pattern)).map(normalise);

const unwantedOf = (patterns: readonly string[]): string[] =>
  patterns.filter(isUnwanted).map((pattern) => normalise(pattern.slice(1)));

const normalise = (pattern: string): string => path.posix.normalize(pattern.replace(/^\.\//, ""));
