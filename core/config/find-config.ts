import fs from "node:fs";
import path from "node:path";
import { cosmiconfig, type CosmiconfigResult, type Loader } from "cosmiconfig";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import { readJson, readYaml } from "./read-data-file.ts";
import { ancestors, searchLimit } from "./workspace.ts";

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
  const explorer = cosmiconfig("tsdock", {
    searchPlaces: [
      "package.json",
      ...[...moduleEndings, ...dataEndings].map((ending) => `tsdock.config${ending}`),
    ],
    loaders: loaders(loadDefault),
    // Its own way up ends in the user's home, whose configuration would be everybody's.
    searchStrategy: "none",
    cache: false,
  });
  if (file !== undefined) return await explorer.load(file);
  for (const directory of upTo(cwd, searchLimit(cwd))) {
    const found = await explorer.search(directory);
    if (found !== null) return found;
  }
  return null;
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
  throw error;
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
