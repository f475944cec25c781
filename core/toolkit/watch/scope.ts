import path from "node:path";
import { mayHoldModules, moduleFilter } from "../../config/module-patterns.ts";
import type { Watched } from "./watched.ts";

/** Which part of the file system is watched, and which changes in it matter. Paths are absolute. */
export interface Scope {
  /** Directories to watch with what is below them, as far as `enters` says. */
  readonly roots: readonly string[];
  /** Directories to watch without what is below them. */
  readonly single: readonly string[];
  readonly enters: (directory: string) => boolean;
  readonly counts: (file: string) => boolean;
}

/** What the `.dockerignore` of a context says of paths in it. */
export interface ContextRules {
  readonly ignores: (path: string) => boolean;
  /** Whether a directory, though ignored, may hold something that is not. */
  readonly mayHoldExceptions: (directory: string) => boolean;
}

export interface ScopeOptions {
  readonly watched: Watched;
  /** It is not known what the declarations depend on: every file of the workspace may be it. */
  readonly everything: boolean;
  /** The store, and what builds write: files and directories. */
  readonly excluded: readonly string[];
  readonly rulesOf: (context: string) => ContextRules;
}

const neverEntered: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** Say where packages begin, how imports are found and what is installed: they count wherever they are. */
const decisive =
  /^(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|[jt]sconfig[\w.-]*\.json|pnpm-(?:lock|workspace)\.yaml|yarn\.lock|\.npmrc|\.yarnrc\.yml|\.nvmrc|\.node-version|\.?tsdock(?:\.config)?\.(?:[cm]?[jt]s|json|ya?ml))$/;

/** What editors write while they save: vim, emacs, JetBrains, Sublime Text, Kate. */
const editors = /^(?:\..*\.sw[a-z]|.*~|4913|\.#.*|#.*#|.*___jb_(?:tmp|old)___|\.subl.*\.tmp|\..*\.kate-swp)$/;

/** `below("/a", "/a/b/c")` is `b/c`, `below("/a", "/a")` the empty text; undefined where a path is elsewhere. */
export function below(directory: string, file: string): string | undefined {
  if (file === directory) return "";
  const prefix = directory.endsWith(path.sep) ? directory : `${directory}${path.sep}`;
  return file.startsWith(prefix) ? file.slice(prefix.length) : undefined;
}

const isNever = (relative: string): boolean =>
  relative.split(path.sep).some((name) => neverEntered.has(name));

export function scopeOf({ watched, everything, excluded, rulesOf }: ScopeOptions): Scope {
  const { directory, images, contexts } = watched;
  const files = new Set(watched.files);
  const directories = new Set(watched.files.flatMap((file) => directoriesAbove(file, directory)));
  const rules = new Map(contexts.map((context) => [context, rulesOf(context)]));
  const isModule = moduleFilter(images);
  const mayHold = mayHoldModules(images);
  const isExcluded = (file: string): boolean => excluded.some((one) => below(one, file) !== undefined);

  const inContext = (file: string, isWanted: (rules: ContextRules, relative: string) => boolean): boolean =>
    [...rules].some(([context, own]) => {
      const relative = below(context, file);
      return relative !== undefined && !isNever(relative) && (relative === "" || isWanted(own, relative));
    });

  const enters = (at: string): boolean => {
    if (isExcluded(at) || neverEntered.has(path.basename(at))) return false;
    const relative = below(directory, at);
    if (relative === "") return true;
    if (relative !== undefined && !isNever(relative) && (everything || mayHold(relative))) return true;
    return inContext(at, (own, name) => !own.ignores(name) || own.mayHoldExceptions(name));
  };

  const inWorkspace = (file: string, name: string): boolean => {
    const relative = below(directory, file);
    if (relative === undefined || relative === "") return false;
    // What a package manager writes last is there.
    if (everything && path.dirname(relative) === "node_modules") return true;
    if (isNever(relative)) return false;
    return everything || decisive.test(name) || isModule(relative.split(path.sep).join("/"));
  };

  const counts = (file: string): boolean => {
    if (files.has(file) || directories.has(file)) return true;
    const name = path.basename(file);
    if (isExcluded(file) || editors.test(name)) return false;
    if (inWorkspace(file, name)) return true;
    return inContext(file, (own, relative) => relative === ".dockerignore" || !own.ignores(relative));
  };

  return {
    roots: [...new Set([directory, ...contexts])],
    single: [
      ...new Set([
        ...watched.files.map((file) => path.dirname(file)),
        ...[directory, ...contexts].map((root) => path.dirname(root)),
        ...(everything ? [path.join(directory, "node_modules")] : []),
      ]),
    ],
    enters,
    counts,
  };
}

/** The directories between the workspace and a file of it: when one goes or comes, so does the file. */
function directoriesAbove(file: string, workspace: string): readonly string[] {
  const found: string[] = [];
  for (let at = path.dirname(file); (below(workspace, at) ?? "") !== ""; at = path.dirname(at))
    found.push(at);
  return found;
}
