import path from "node:path";
import { searchLimit } from "../../config/workspace.ts";
import { lockFileName } from "../../build/lock-file.ts";
import type { Definition, Vertex } from "../../graph/definition.ts";
import { narrow, select } from "../../graph/select.ts";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { SourcePlugin } from "../../plugin/contract.ts";
import type { Workspace } from "../workspace.ts";

/** What a round was made of: what the next one must not miss. All paths are absolute. */
export interface Watched {
  /** The workspace. */
  readonly directory: string;
  /** Patterns of the modules; undefined where the configuration does not say. */
  readonly images: readonly string[] | undefined;
  /** Modules, what they import, the configuration, the lock file, archives that images begin with. */
  readonly files: readonly string[];
  /** Directories that copies take from, each with its own `.dockerignore`. */
  readonly contexts: readonly string[];
}

/** Before anything is evaluated the workspace is what a configuration is looked for in. */
export function unknownYet(config: string | undefined, cwd: string): Watched {
  const file = config === undefined ? [] : [path.resolve(cwd, config)];
  const [directory = searchLimit(cwd)] = file.map((one) => path.dirname(one));
  return { directory, images: undefined, files: file, contexts: [] };
}

/** What the selected images depend on: all of them where the selection cannot be understood, which the build will say. */
export function watchedOf(workspace: Workspace, definition: Definition, names: readonly string[]): Watched {
  const { directory, config, modules, sources, configSources } = workspace;
  const vertices = [...selected(definition, names, workspace).vertices.values()];
  const files = [
    ...(config.file === undefined ? [] : [config.file]),
    ...configSources,
    ...modules,
    ...[...sources.values()].flat(),
    path.join(directory, lockFileName),
    ...vertices.flatMap(filesOf),
  ];
  const contexts = vertices.flatMap((vertex) => contextsOf(vertex, workspace));
  return { directory, images: config.images, files: sorted(files), contexts: sorted(contexts) };
}

const sorted = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

function selected(definition: Definition, names: readonly string[], { config }: Workspace): Definition {
  try {
    return narrow(definition, select(definition, { names, groups: config.groups }));
  } catch (error) {
    if (isTsdockError(error)) return definition;
    throw error;
  }
}

function filesOf({ op }: Vertex): readonly string[] {
  if (op.type !== "source") return [];
  if (op.kind === "archive") return [op.file];
  return op.kind === "layout" ? [path.join(op.directory, "index.json")] : [];
}

function contextsOf({ op }: Vertex, workspace: Workspace): readonly string[] {
  if (op.type === "file" && "source" in op.action && op.action.source.type === "context")
    return [op.action.source.directory];
  if (op.type === "exec")
    return op.mounts.flatMap((mount) =>
      mount.type === "bind" && mount.source.type === "context" ? [mount.source.directory] : [],
    );
  // A plugin that plans reads what it likes of the workspace.
  if (op.type !== "source" || op.kind !== "plugin") return [];
  const plugin = workspace.compiled.plugins.get(op.plugin) as SourcePlugin | undefined;
  return plugin?.plan === undefined ? [] : [workspace.directory];
}
