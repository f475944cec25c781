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
  const found = new Set<string>();
  for (const base of bases(wanted)) {
    const root = path.join(directory, base);
    const files = new fdir()
      .withRelativePaths()
      .exclude((name) => pruned.has(name) || name.startsWith("."))
      .filter((file) => matches(base === "" ? file : `${base}/${file}`))
      .crawl(root)
      .sync();
    for (const file of files) found.add(path.join(root, file));
  }
  return [...found].sort();
}

const normalise = (pattern: string): string => path.posix.normalize(pattern.replace(/^\.\//, ""));

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
