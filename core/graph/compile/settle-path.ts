import type { ConfigInstruction } from "../operation.ts";
import { resolveFrom } from "../posix-path.ts";
import type { Draft } from "./draft.ts";

export interface SettledPath {
  /** Absolute where that is known before the base is. A trailing `/` means: into this directory. */
  readonly path: string;
  /** What a relative path still waits for. */
  readonly config: readonly ConfigInstruction[];
}

/** `.`, `a/` and `a/.` name a directory to copy into. */
const namesDirectory = (path: string): boolean => /(?:^|\/)\.?$/.test(path);

/**
 * Makes a path in the image absolute as far as the declaration says: only what still depends on the base's working directory
 * stays relative, so that equal work written differently is one vertex.
 */
export function settlePath(draft: Draft, path: string): SettledPath {
  const keep = (absolute: string): string =>
    namesDirectory(path) && absolute !== "/" ? `${absolute}/` : absolute;
  if (path.startsWith("/")) return { path: keep(resolveFrom("/", path)), config: [] };
  const directories = draft.config.flatMap((one) => (one.type === "workdir" ? [one.path] : []));
  const known = directories.findLastIndex((directory) => directory.startsWith("/"));
  if (known >= 0 || draft.source === undefined) {
    const directory = directories.slice(Math.max(0, known)).reduce(resolveFrom, "/");
    return { path: keep(resolveFrom(directory, path)), config: [] };
  }
  return { path, config: directories.map((directory) => ({ type: "workdir", path: directory })) };
}
