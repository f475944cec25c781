import { gitEntry, isCommit } from "../build/git-source.ts";
import type { LockContent } from "../build/lock-file.ts";
import type { BuildContext } from "../build/operation-handler.ts";
import { createSourceContext } from "../build/source-context.ts";
import type { Definition, Vertex } from "../graph/definition.ts";
import type { SourceOperation } from "../graph/operation.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { parseReference } from "../oci/spec/reference.ts";
import type { Json } from "../util/json.ts";

export interface LockEntry {
  /** As `lock` prints it and as `--update` names it. */
  readonly entry: string;
  readonly names: readonly string[];
  readonly current: Json | undefined;
  resolve(): Promise<Json>;
  put(lock: MutableLock, value: Json): void;
}

export interface MutableLock {
  readonly images: Record<string, Digest>;
  readonly git: Record<string, string>;
  readonly plugins: Record<string, Record<string, Json>>;
}

/** Everything in a definition that moves and can be pinned, each once, with what the lock says of it. */
export function lockEntries(
  definition: Definition,
  lock: LockContent,
  context: BuildContext,
): readonly LockEntry[] {
  const found = new Map<string, LockEntry>();
  for (const vertex of definition.vertices.values()) {
    const wanted = lockEntry(vertex, lock, context);
    if (wanted !== undefined && !found.has(wanted.entry)) found.set(wanted.entry, wanted);
  }
  return [...found.values()];
}

function lockEntry(vertex: Vertex, lock: LockContent, context: BuildContext): LockEntry | undefined {
  const { op } = vertex;
  if (op.type !== "source") return undefined;
  switch (op.kind) {
    case "registry":
      return registryEntry(op, vertex, lock, context);
    case "git":
      return gitLockEntry(op, lock, context);
    case "plugin":
      return pluginEntry(op, vertex, lock, context);
    default:
      return undefined;
  }
}

type Source<Kind extends SourceOperation["kind"]> = Extract<SourceOperation, { kind: Kind }>;

function registryEntry(
  { reference }: Source<"registry">,
  { platform }: Vertex,
  lock: LockContent,
  { images }: BuildContext,
): LockEntry | undefined {
  if (parseReference(reference).digest !== undefined) return undefined;
  return {
    entry: reference,
    names: [reference],
    current: lock.images[reference],
    resolve: async () => (await images.registry(reference, platform, undefined)).pinned,
    put: (next, value) => (next.images[reference] = value as Digest),
  };
}

function gitLockEntry(op: Source<"git">, lock: LockContent, context: BuildContext): LockEntry | undefined {
  if (isCommit(op.ref)) return undefined;
  const entry = gitEntry(op);
  return {
    entry,
    names: [entry, op.repository],
    current: lock.git[entry],
    resolve: () => context.gitCommit(op),
    put: (next, value) => (next.git[entry] = value as string),
  };
}

function pluginEntry(
  op: Source<"plugin">,
  { platform, id }: Vertex,
  lock: LockContent,
  context: BuildContext,
): LockEntry | undefined {
  const plugin = context.plugins.get(op.plugin);
  if (plugin === undefined) return undefined;
  const key = plugin.lockKey(op.spec, platform, context.files);
  if (key === undefined) return undefined;
  return {
    entry: `${plugin.title(op.spec)} ${platform.architecture}`,
    names: [plugin.name, plugin.title(op.spec)],
    current: lock.plugins[plugin.name]?.[key],
    resolve: () =>
      plugin.resolve(
        op.spec,
        createSourceContext({ plugin: plugin.name, platform, context, log: undefined, id }),
      ),
    put: (next, value) => ((next.plugins[plugin.name] ??= {})[key] = value),
  };
}
