import type { ImportEdge } from "./load-report.ts";

/** The files of a load and which of them each imports directly, in the order of the text. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

export function importGraph(files: readonly string[], edges: readonly ImportEdge[]): ImportGraph {
  const graph = new Map<string, string[]>(files.map((file) => [file, []]));
  for (const { parent, file } of edges) {
    if (file === undefined) continue;
    const imports = graph.get(parent) ?? [];
    if (!imports.includes(file)) imports.push(file);
    graph.set(parent, imports);
    if (!graph.has(file)) graph.set(file, []);
  }
  return graph;
}

/** Everything that a file reaches, itself first, sorted after that. */
export function reachable(graph: ImportGraph, from: string): readonly string[] {
  const seen = new Set([from]);
  for (const file of seen) for (const next of graph.get(file) ?? []) seen.add(next);
  return [from, ...[...seen].filter((file) => file !== from).sort()];
}

/** The shortest circle through a file, beginning and ending with it; undefined where there is none. */
export function cycleThrough(graph: ImportGraph, start: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return [...pathTo(cameFrom, start, file), start];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

function pathTo(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const path = [end];
  for (let file = end; file !== start; ) {
    file = cameFrom.get(file) ?? start;
    path.unshift(file);
  }
  return path;
}
