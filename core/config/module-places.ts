/** Where image modules are unless the configuration says. */
export const defaultImages: readonly string[] = ["**/*.image.{ts,mts,js,mjs}"];

/** Directories that hold no modules, whatever patterns say; nor do hidden ones. */
const pruned: ReadonlySet<string> = new Set(["node_modules", "dist"]);

/** Whether a directory of this name is looked into for modules. */
export const isSearched = (name: string): boolean => !pruned.has(name) && !name.startsWith(".");
