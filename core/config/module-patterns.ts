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

/**
 * How a name that matches any of the patterns must end: most files of a workspace are none of its modules, and a pattern costs more
 * than a look at the end of a name. Undefined where a pattern does not say it plainly.
 */
export function patternEndings(patterns: readonly string[]): readonly string[] | undefined {
  const endings: string[] = [];
  for (const pattern of wantedOf(patterns)) {
    const [, stem = "", choices] = /[*/]([\w.-]*)(?:\{([\w.,-]*)\})?$/.exec(`/${pattern}`) ?? [];
    const own = choices === undefined ? [stem] : choices.split(",").map((choice) => stem + choice);
    if (own.some((ending) => ending === "")) return undefined;
    endings.push(...own);
  }
  return endings;
}

const isUnwanted = (pattern: string): boolean => pattern.startsWith("!");

const wantedOf = (patterns: readonly string[]): string[] =>
  patterns.filter((pattern) => !isUnwanted(pattern)).map(normalise);

const unwantedOf = (patterns: readonly string[]): string[] =>
  patterns.filter(isUnwanted).map((pattern) => normalise(pattern.slice(1)));

const normalise = (pattern: string): string => path.posix.normalize(pattern.replace(/^\.\//, ""));
