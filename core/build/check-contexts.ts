import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import type { Definition, Vertex } from "../graph/definition.ts";
import type { ContextScans } from "./context/context-scans.ts";
import { findArchive } from "./file/extract-work.ts";
import { type MatchContext, matchSources } from "./file/match-sources.ts";

/**
 * What copies name and contexts do not have, all of it, before anything is built: a build that would fail at its last step fails
 * at once. Errors `COPY_NO_MATCH`, `PATH_OUTSIDE_CONTEXT`, `COPY_PATTERN_INVALID`, `CONTEXT_MISSING`, `IGNORE_PATTERN_INVALID`,
 * `FILE_UNREADABLE`, each mistake once.
 */
export function checkContexts(definition: Definition, contexts: ContextScans): readonly TsdockError[] {
  const found = new Map<string, TsdockError>();
  for (const vertex of definition.vertices.values()) {
    for (const check of checksOf(vertex, contexts)) {
      const error = failureOf(check, vertex);
      const key = error === undefined ? "" : `${error.code} ${error.message}`;
      if (error !== undefined && !found.has(key)) found.set(key, error);
    }
  }
  return [...found.values()];
}

/** A look at each source that a vertex takes from a context. */
function checksOf({ op }: Vertex, contexts: ContextScans): readonly (() => unknown)[] {
  if (op.type !== "file" || !("source" in op.action) || op.action.source.type !== "context") return [];
  const { action } = op;
  const { directory } = op.action.source;
  const names: MatchContext = { name: `the context ${directory}`, isIgnored: contexts.ignoredIn(directory) };
  if (action.type === "extract") return [() => findArchive(contexts.tree(directory), action.path, names)];
  return action.include.map((path) => () => matchSources(contexts.tree(directory), [path], names));
}

function failureOf(check: () => unknown, { site }: Vertex): TsdockError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    const { code, message, hint, details, cause } = error;
    return new TsdockError(code, message, { place: error.place ?? site?.place(), hint, details, cause });
  }
}
