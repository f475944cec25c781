import { type LockContent, lockFileName, readLock, writeLock } from "../build/lock-file.ts";
import { createSourceContext } from "../build/source-context.ts";
import type { Definition, Vertex } from "../graph/definition.ts";
import { narrow, select } from "../graph/select.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { parseReference } from "../oci/spec/reference.ts";
import { canonicalJson, type Json } from "../util/json.ts";
import type { BuildContext } from "../build/operation-handler.ts";
import { openSession } from "./build-session.ts";
import type { Host } from "./host.ts";
import { openWorkspace } from "./workspace.ts";

export interface LockRequest {
  readonly images: readonly string[];
  readonly platforms: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly config: string | undefined;
  /** Resolve again: everything, or these references and plugin names. */
  readonly update: boolean | readonly string[];
  /** Only compare: nothing is written. */
  readonly check: boolean;
}

export interface LockResult {
  readonly file: string;
  readonly entries: readonly {
    readonly entry: string;
    readonly action: "add" | "update" | "keep" | "remove" | "missing";
    readonly to?: string;
  }[];
}

interface Wanted {
  /** As `lock` prints it and as `--update` names it. */
  readonly entry: string;
  readonly names: readonly string[];
  readonly current: Json | undefined;
  resolve(): Promise<Json>;
  put(lock: MutableLock, value: Json): void;
}

interface MutableLock {
  readonly images: Record<string, Digest>;
  readonly plugins: Record<string, Record<string, Json>>;
}

/** Pins what names that move stand for. What no image uses any more is removed when all images are locked. */
export async function lockWorkspace(request: LockRequest, host: Host): Promise<LockResult> {
  const workspace = await openWorkspace(request, host);
  const { definition } = workspace.compiled;
  const before = readLock(workspace.directory);
  await using session = await openSession(
    workspace,
    { lock: before, strict: false, secrets: [], ssh: [], runtime: undefined },
    host,
  );
  const narrowed = narrow(
    definition,
    select(definition, { names: request.images, groups: workspace.config.groups }),
  );
  const wanted = wantedEntries(narrowed, before, session.context);
  const next: MutableLock = request.images.length > 0 ? copyOf(before) : { images: {}, plugins: {} };
  const entries = await Promise.all(wanted.map((one) => settle(one, request, next)));
  const removed = request.images.length > 0 ? [] : unused(before, wanted);
  if (!request.check) writeIfChanged(workspace.directory, before, next);
  return {
    file: lockFileName,
    entries: [...entries, ...removed.map((entry) => ({ entry, action: "remove" as const }))],
  };
}

async function settle(
  wanted: Wanted,
  { update, check }: LockRequest,
  next: MutableLock,
): Promise<LockResult["entries"][number]> {
  const { entry, current } = wanted;
  const again = typeof update === "boolean" ? update : wanted.names.some((name) => update.includes(name));
  if (current !== undefined && (!again || check)) {
    wanted.put(next, current);
    return { entry, action: "keep" };
  }
  if (check) return { entry, action: "missing" };
  const value = await wanted.resolve();
  wanted.put(next, value);
  if (current !== undefined && canonicalJson(current) === canonicalJson(value))
    return { entry, action: "keep" };
  return {
    entry,
    action: current === undefined ? "add" : "update",
    ...(typeof value === "string" ? { to: value } : {}),
  };
}

function wantedEntries(definition: Definition, lock: LockContent, context: BuildContext): readonly Wanted[] {
  const found = new Map<string, Wanted>();
  for (const vertex of definition.vertices.values()) {
    const wanted = wantedEntry(vertex, lock, context);
    if (wanted !== undefined && !found.has(wanted.entry)) found.set(wanted.entry, wanted);
  }
  return [...found.values()];
}

function wantedEntry(vertex: Vertex, lock: LockContent, context: BuildContext): Wanted | undefined {
  const { op, platform } = vertex;
  if (op.type !== "source") return undefined;
  if (op.kind === "registry") {
    if (parseReference(op.reference).digest !== undefined) return undefined;
    return {
      entry: op.reference,
      names: [op.reference],
      current: lock.images[op.reference],
      resolve: async () => (await context.images.registry(op.reference, platform, undefined)).pinned,
      put: (next, value) => (next.images[op.reference] = value as Digest),
    };
  }
  const plugin = op.kind === "plugin" ? context.plugins.get(op.plugin) : undefined;
  if (op.kind !== "plugin" || plugin === undefined) return undefined;
  const key = plugin.lockKey(op.spec, platform);
  return {
    entry: `${plugin.title(op.spec)} ${platform.architecture}`,
    names: [plugin.name, plugin.title(op.spec)],
    current: lock.plugins[plugin.name]?.[key],
    resolve: () =>
      plugin.resolve(
        op.spec,
        createSourceContext({ plugin: plugin.name, platform, context, log: undefined, id: vertex.id }),
      ),
    put: (next, value) => ((next.plugins[plugin.name] ??= {})[key] = value),
  };
}

const copyOf = (lock: LockContent): MutableLock => ({
  images: { ...lock.images },
  plugins: Object.fromEntries(Object.entries(lock.plugins).map(([name, entries]) => [name, { ...entries }])),
});

function unused(before: LockContent, wanted: readonly Wanted[]): readonly string[] {
  const next: MutableLock = { images: {}, plugins: {} };
  for (const one of wanted) one.put(next, null);
  const images = Object.keys(before.images).filter((reference) => !(reference in next.images));
  const plugins = Object.entries(before.plugins).flatMap(([plugin, entries]) =>
    Object.keys(entries).flatMap((key) => (key in (next.plugins[plugin] ?? {}) ? [] : [`${plugin} ${key}`])),
  );
  return [...images, ...plugins];
}

function writeIfChanged(directory: string, before: LockContent, next: MutableLock): void {
  const content: LockContent = { version: 1, ...next };
  if (canonicalJson(before) !== canonicalJson(content)) writeLock(directory, content);
}
