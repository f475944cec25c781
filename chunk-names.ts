import path from "node:path";

/** What a bundler knows of a module. */
interface ModuleGraph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/**
 * Where commands begin whose start is counted in milliseconds, and what they import on their way in any case. Modules that
 * are needed by the same of these ways become one file: opening, resolving and compiling many small ones takes longer than
 * all that a container needs.
 */
const ways = {
  cli: ["core/cli/main.ts"],
  library: [
    "core/index.ts",
    "core/plugin/index.ts",
    "plugins/debian/index.ts",
    "plugins/node/index.ts",
    "core/oci/layer/layer-worker.ts",
    "core/analyze/module-hooks.ts",
  ],
  build: ["core/cli/commands/build.ts"],
  // What a container needs before anything else, and then, here or in a process of its own.
  begin: ["core/cli/commands/run.ts", "core/run/supervise/container-supervisor.ts"],
  run: ["core/toolkit/run-container.ts"],
  supervise: ["core/run/supervise/supervise-task.ts", "core/run/network/open-networks.ts"],
} as const satisfies Record<string, readonly string[]>;

const entries: ReadonlySet<string> = new Set([
  ...ways.cli,
  ...ways.library,
  "core/run/supervise/container-supervisor.ts",
]);

/** What only one of these needs is best left where a bundler puts it: beside the entry. */
const lonely: readonly (readonly string[])[] = [[], ["library"]];
const isOneOf = (names: readonly string[], lists: readonly (readonly string[])[]): boolean =>
  lists.some((list) => list.length === names.length && list.every((name) => names.includes(name)));

/**
 * What every command loads is one file, whoever else needs parts of it, but for what supervisors need too, and so is what the library
 * shares with containers.
 */
function nameOf(names: readonly string[]): string {
  if (names.includes("library"))
    return names.length === 2 && names.includes("build") ? "library-build" : "library-shared";
  if (names.includes("cli")) return names.includes("supervise") ? "cli-supervise" : "cli-shared";
  return names.join("-");
}

/** Names the file of a module after the ways that need it; null for what none of them needs. */
export function chunkNamer(root: string): (id: string, graph: ModuleGraph) => string | null {
  let closures: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  return (id, graph) => {
    // They do something when they are loaded: nobody else may.
    if (entries.has(path.relative(root, id))) return null;
    closures ??= new Map(
      Object.entries(ways).map(([name, files]) => [
        name,
        closureOf(
          files.map((file) => path.join(root, file)),
          graph,
        ),
      ]),
    );
    const names = [...closures].filter(([, closure]) => closure.has(id)).map(([name]) => name);
    return isOneOf(names, lonely) ? null : nameOf(names);
  };
}

/** Modules that are imported statically, and what they import. */
function closureOf(files: readonly string[], graph: ModuleGraph): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [...files];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    waiting.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  return found;
}
