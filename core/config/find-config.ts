import fs from "node:fs";
import path from "node:path";
import type { CosmiconfigResult, Loader } from "cosmiconfig";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import { readJson, readYaml } from "./read-data-file.ts";
import { ancestors, readManifest, searchLimit } from "./workspace.ts";

/** Runs a module of the user and gives its default export. */
export type LoadDefault = (file: string) => Promise<unknown>;

export interface FoundConfig {
  readonly file: string;
  readonly value: unknown;
  /** Where in the file it begins: `["tsdock"]` in package.json. */
  readonly base: readonly string[];
}

const moduleEndings = [".ts", ".mts", ".js", ".mjs"];
const dataEndings = [".json", ".yaml", ".yml"];

/** Looks for the configuration from a directory upwards, or reads the one that is named. */
export async function findConfig(
  cwd: string,
  named: string | undefined,
  loadDefault: LoadDefault,
): Promise<FoundConfig | undefined> {
  const file = named === undefined ? undefined : namedFile(cwd, named);
  const found = await search(cwd, file, loadDefault).catch(explain);
  if (found === null) return undefined;
  const base = path.basename(found.filepath) === "package.json" ? ["tsdock"] : [];
  return { file: found.filepath, value: found.config as unknown, base };
}

async function search(
  cwd: string,
  file: string | undefined,
  loadDefault: LoadDefault,
): Promise<CosmiconfigResult> {
  const directories = file === undefined ? upTo(cwd, searchLimit(cwd)).filter(mayHoldConfig) : [];
  if (file === undefined && directories.length === 0) return null;
  const { cosmiconfig } = await import("cosmiconfig");
  const explorer = cosmiconfig("tsdock", {
    searchPlaces,
    loaders: loaders(loadDefault),
    // Its own way up ends in the user's home, whose configuration would be everybody's.
    searchStrategy: "none",
    cache: false,
  });
  if (file !== undefined) return await explorer.load(file);
  for (const directory of directories) {
    const found = await explorer.search(directory);
    if (found !== null) return found;
  }
  return null;
}

const searchPlaces = [
  "package.json",
  ...[...moduleEndings, ...dataEndings].map((ending) => `tsdock.config${ending}`),
];

/** Whether there is anything to search, or to complain of: most directories have a package.json, and few of them say anything of us. */
const mayHoldConfig = (directory: string): boolean =>
  searchPlaces.some((name) => {
    const file = path.join(directory, name);
    return fs.existsSync(file) && (name !== "package.json" || !isPlainManifest(readManifest(file)));
  });

/** One that is JSON and says nothing of us. */
function isPlainManifest(text: string): boolean {
  try {
    return !text.includes('"tsdock"') && JSON.parse(text) !== undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** A directory and those around it, the last one included. */
function upTo(directory: string, last: string): readonly string[] {
  const all = ancestors(directory);
  return all.slice(0, all.indexOf(last) + 1);
}

/** cosmiconfig reads package.json for options of its own too, and throws what its parser throws. */
function explain(error: unknown): never {
  const { filepath, fileName } = error as { readonly filepath?: unknown; readonly fileName?: unknown };
  const file = filepath ?? fileName;
  if (!isTsdockError(error) && typeof file === "string" && file.endsWith(".json"))
    readJson(file, fs.readFileSync(file, "utf8"));
  const { errno, message } = error as NodeJS.ErrnoException;
  if (isTsdockError(error) || errno === undefined) throw error;
  throw new TsdockError("CONFIG_INVALID", `the configuration cannot be read: ${message}`, {
    hint: "let the user that runs tsdock read the file, or remove it",
    cause: error,
  });
}

function loaders(loadDefault: LoadDefault): Record<string, Loader> {
  const load = (file: string): Promise<unknown> => loadDefault(file);
  return {
    ...Object.fromEntries(moduleEndings.map((ending) => [ending, load])),
    ".json": readJson,
    ".yaml": readYaml,
    ".yml": readYaml,
    noExt: readYaml,
  };
}

function namedFile(cwd: string, named: string): string {
  const file = path.resolve(cwd, named);
  const stats = fs.statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile() && [...moduleEndings, ...dataEndings].includes(path.extname(file))) return file;
  const why =
    stats === undefined
      ? "does not exist"
      : stats.isFile()
        ? "has an ending that is not known"
        : "is not a file";
  const hint = `name a file that ends in ${[...moduleEndings, ...dataEndings].join(", ")}`;
  throw new TsdockError("CONFIG_NOT_FOUND", `the configuration ${file} ${why}`, { hint });
}
