import path from "node:path";
import { DirectoryListings, type Listing } from "../util/directory-listings.ts";
import { defaultImages, isSearched } from "./module-places.ts";
import { endingsOf, isEndingOnly } from "./name-endings.ts";

/** Which files are wanted, and where they may be. */
interface Search {
  /** Directories relative to the workspace, none within another; `""` is the workspace. */
  readonly bases: readonly string[];
  /** Asked for each file's name, bytes as latin1 text: most files of a workspace are none of its modules. */
  readonly mayMatch: (name: string) => boolean;
  /** Asked for the paths of those that may. */
  readonly matches: (file: string) => boolean;
}

/**
 * Absolute paths of the modules that match any pattern and none that begins with `!`, sorted. `node_modules`, `dist` and
 * hidden directories are not entered, and symbolic links are not followed; directories that no pattern can reach are not read.
 */
export async function findModules(
  directory: string,
  patterns: readonly string[] = defaultImages,
  listings: DirectoryListings = new DirectoryListings(),
): Promise<readonly string[]> {
  const search = searchByEndings(patterns) ?? (await searchByPatterns(patterns));
  const found = new Set(search.bases.flatMap((base) => filesBelow(directory, base, search, listings)));
  return [...found].map((file) => path.join(directory, file)).sort();
}

/** Patterns that say nothing but how names end, as the usual ones do, need no library for patterns; undefined for others. */
function searchByEndings(patterns: readonly string[]): Search | undefined {
  const endings = patterns.every(isEndingOnly) ? endingsOf(patterns) : undefined;
  if (endings === undefined) return undefined;
  const ends = endsLike(endings);
  return { bases: [""], mayMatch: (name) => ends(name) && !name.startsWith("."), matches: () => true };
}

async function searchByPatterns(patterns: readonly string[]): Promise<Search> {
  const { moduleFilter, patternBases, wantedOf } = await import("./module-patterns.ts");
  const endings = endingsOf(wantedOf(patterns));
  return {
    bases: patternBases(patterns),
    mayMatch: endings === undefined ? () => true : endsLike(endings),
    matches: moduleFilter(patterns),
  };
}

const endsLike =
  (endings: readonly string[]) =>
  (name: string): boolean =>
    endings.some((ending) => name.endsWith(ending));

/** Files below one of its bases, relative to the workspace, `/` between the parts. What cannot be read holds no modules. */
function filesBelow(
  workspace: string,
  base: string,
  { mayMatch, matches }: Search,
  listings: DirectoryListings,
): readonly string[] {
  const found: string[] = [];
  const queue = [base];
  for (const directory of queue) {
    const { files, directories } = listingOf(path.join(workspace, directory), listings);
    const prefix = directory === "" ? "" : `${directory}/`;
    for (const name of files) if (mayMatch(name)) found.push(prefix + textOf(name));
    for (const name of directories) if (isSearched(name)) queue.push(prefix + textOf(name));
  }
  return found.filter(matches);
}

const textOf = (bytes: string): string => Buffer.from(bytes, "latin1").toString();

function listingOf(directory: string, listings: DirectoryListings): Listing {
  try {
    return listings.read(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return { files: [], directories: [], others: [] };
  }
}
