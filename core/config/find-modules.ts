import path from "node:path";
import { fdir } from "fdir";
import picomatch from "picomatch";

/** Where image modules are unless the configuration says. */
export const defaultImages: readonly string[] = ["**/*.image.{ts,mts,js,mjs}"];

const pruned: ReadonlySet<string> = new Set(["node_modules", "dist"]);

/**
 * Absolute paths of the modules that match any pattern and none that begins with `!`, sorted. `node_modules`, `dist` and
 * hidden directories are not entered, and symbolic links are not followed; directories that no pattern can reach are not read.
 */
export function findModules(
  directory: string,
  patterns: readonly string[] = defaultImages,
): readonly string[] {
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!")).map(normalise);
  const unwanted = patterns
    .filter((pattern) => pattern.startsWith("!"))
    .map((pattern) => normalise(pattern.slice(1)));
  const matches = picomatch(wanted, { ignore: unwanted });
  const endings = endingsOf(wanted);
  const found = new Set<string>();
  for (const base of bases(wanted)) {
    const root = path.join(directory, base);
    const files = new fdir()
      .withRelativePaths()
      .exclude((name) => pruned.has(name) || name.startsWith("."))
      .filter((file) => mayEnd(file, endings) && matches(base === "" ? file : `${base}/${file}`))
      .crawl(root)
      .sync();
    for (const file of files) found.add(path.join(root, file));
  }
  return [...found].sort();
}

/** Whether a path relative to the workspace (`/` between its parts) is one of its modules. */
export function moduleFilter(patterns: readonly string[] = defaultImages): (file: string) => boolean {
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!")).map(normalise);
  const unwanted = patterns.filter((one) => one.startsWith("!")).map((one) => normalise(one.slice(1)));
  const matches = picomatch(wanted, { ignore: unwanted });
  return (file) => {
    const directories = file.split("/").slice(0, -1);
    return matches(file) && !directories.some((name) => pruned.has(name) || name.startsWith("."));
  };
}

/** Whether a directory (relative to the workspace, `/` between its parts) may hold modules, itself or further down. */
export function mayHoldModules(patterns: readonly string[] = defaultImages): (directory: string) => boolean {
  const reached = bases(patterns.filter((pattern) => !pattern.startsWith("!")).map(normalise));
  return (directory) =>
    !directory.split("/").some((name) => pruned.has(name) || name.startsWith(".")) &&
    reached.some(
      (base) => base === "" || `${directory}/`.startsWith(`${base}/`) || base.startsWith(`${directory}/`),
    );
}

const normalise = (pattern: string): string => path.posix.normalize(pattern.replace(/^\.\//, ""));

const mayEnd = (file: string, endings: readonly string[] | undefined): boolean =>
  endings === undefined || endings.some((ending) => file.endsWith(ending));

/**
 * How a name that matches any of the patterns must end: most files of a workspace are none of its modules, and a pattern costs more
 * than a look at the end of a name. Undefined where a pattern does not say it plainly.
 */
function endingsOf(patterns: readonly string[]): readonly string[] | undefined {
  const endings: string[] = [];
  for (const pattern of patterns) {
    const [, stem = "", choices] = /[*/]([\w.-]*)(?:\{([\w.,-]*)\})?$/.exec(`/${pattern}`) ?? [];
    const own = choices === undefined ? [stem] : choices.split(",").map((choice) => stem + choice);
    if (own.some((ending) => ending === "")) return undefined;
    endings.push(...own);
  }
  return endings;
}

/** The directories that patterns begin in, without those within others. */
function bases(patterns: readonly string[]): readonly string[] {
  const all = patterns.map((pattern) => {
    const { base, glob } = picomatch.scan(pattern);
    const directory = glob === "" ? path.posix.dirname(base) : base;
    return directory === "." ? "" : directory;
  });
  const sorted = [...new Set(all)].sort();
  return sorted.filter(
    (one) => !sorted.some((other) => other !== one && (other === "" || one.startsWith(`${other}/`))),
  );
}
