import { TsdockError } from "../../errors/tsdock-error.ts";
import { sourceImageConfig } from "../../graph/assemble-image.ts";
import type { Vertex } from "../../graph/definition.ts";
import type { SourceOperation } from "../../graph/operation.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import type { ContainerConfig } from "../../oci/spec/image-config.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { SourceLayer, SourcePlugin } from "../../plugin/contract.ts";
import { canonicalJson, type Json } from "../../util/json.ts";
import type { ActionOutput, BuildContext, PlannedAction, VertexLog } from "../operation-handler.ts";
import { createSourceContext, type LayerKeeping } from "../source-context.ts";
import type { Tree } from "../tree.ts";

type PluginSource = Extract<SourceOperation, { kind: "plugin" }>;

/** What the record of a plugin's source holds besides the key. */
interface SourceValue {
  readonly layers: readonly { readonly layer: SourceLayer; readonly createdBy: string }[];
  readonly config: ContainerConfig;
}

/** A source that a plugin makes: keyed by the plugin's version, what was asked for and what the lock says. */
export async function planPluginSource(
  op: PluginSource,
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedAction> {
  const plugin = context.plugins.get(op.plugin);
  if (plugin === undefined) {
    throw new TsdockError("PLUGIN_UNKNOWN", `no plugin is named ${op.plugin}`, {
      hint: "import the plugin's helper instead of writing its value by hand",
    });
  }
  const locked = await lockedEntry(plugin, op, vertex, context);
  const plan = await plugin.plan?.(op.spec, locked, contextFor(plugin, vertex, context, undefined));
  return {
    inputs: {
      op: "plugin",
      plugin: `${plugin.name} ${plugin.version}`,
      platform: formatPlatform(vertex.platform),
      spec: canonicalJson(op.spec),
      locked: canonicalJson(locked),
      ...(plan === undefined ? {} : { plan: canonicalJson(plan.key) }),
      clampTime: String(context.clampTime),
    },
    async run(log, fresh) {
      const made: Digest[] = [];
      const keeping = {
        salt: `${plugin.name} ${plugin.version}`,
        fresh,
        made: ({ diffId }: SourceLayer) => made.push(diffId),
      };
      const doing = contextFor(plugin, vertex, context, log, keeping);
      const { layers, config } = await plugin.build(op.spec, locked, doing, plan);
      return { layer: null, value: { layers, config } as unknown as Json, made };
    },
    tree: (output) => treeOf(valueOf(output), plugin, op, vertex, context),
    available: (output) => valueOf(output).layers.every(({ layer }) => context.layers.has(layer.diffId)),
  };
}

/** Entries that are not in the lock are settled once in a run, however many images ask. */
const resolutions = new WeakMap<object, Map<string, Promise<Json>>>();

function lockedEntry(
  plugin: SourcePlugin,
  op: PluginSource,
  vertex: Vertex,
  context: BuildContext,
): Promise<Json> {
  const key = plugin.lockKey(op.spec, vertex.platform, context.files);
  if (key === undefined) return Promise.resolve(null);
  const entry = context.lock.pluginEntry(plugin.name, key);
  if (entry !== undefined) return Promise.resolve(entry);
  if (context.lock.strict) {
    throw new TsdockError(
      "LOCK_MISSING",
      `${plugin.title(op.spec)} is not in tsdock.lock, and --locked forbids to resolve it`,
      {
        hint: "run tsdock lock and commit tsdock.lock",
      },
    );
  }
  context.lock.resolved.add(plugin.title(op.spec));
  const known = resolutions.get(context.lock) ?? new Map<string, Promise<Json>>();
  resolutions.set(context.lock, known);
  const name = `${plugin.name} ${key}`;
  const pending = known.get(name) ?? plugin.resolve(op.spec, contextFor(plugin, vertex, context, undefined));
  known.set(name, pending);
  return pending;
}

const contextFor = (
  plugin: SourcePlugin,
  vertex: Vertex,
  context: BuildContext,
  log: VertexLog | undefined,
  layers?: LayerKeeping,
) =>
  createSourceContext({
    plugin: plugin.name,
    platform: vertex.platform,
    context,
    log,
    id: vertex.id,
    ...(layers === undefined ? {} : { layers }),
  });

const valueOf = (output: ActionOutput): SourceValue => output.value as unknown as SourceValue;

function treeOf(
  value: SourceValue,
  plugin: SourcePlugin,
  op: PluginSource,
  vertex: Vertex,
  context: BuildContext,
): Tree {
  const layers = value.layers.map(({ layer, createdBy }) => ({ diffId: layer.diffId, createdBy }));
  const config = sourceImageConfig(vertex.platform, layers, value.config);
  const ephemeral = async () =>
    (await plugin.ephemeral?.(op.spec, contextFor(plugin, vertex, context, undefined))) ?? [];
  return { layers: value.layers.map(({ layer }) => layer), base: { config, ephemeral } };
}
