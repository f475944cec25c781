import { canonicalJson, type Json } from "../util/json.ts";
import { actionKey } from "./action-key.ts";
import { verifyUnchanged } from "./context/context-tree.ts";
import type { LayerEntry } from "../oci/layer/entry.ts";
import type { Platform } from "../oci/spec/platform.ts";
import type { SourceContext, SourceExec, SourceLayer } from "../plugin/contract.ts";
import type { SandboxMount } from "./executor.ts";
import type { BuildContext, VertexLog } from "./operation-handler.ts";
import { packEntries } from "./pack-entries.ts";
import { sandboxId } from "./sandbox-id.ts";
import { TsdockError } from "../errors/tsdock-error.ts";

interface SourceContextOptions {
  readonly plugin: string;
  readonly platform: Platform;
  readonly context: BuildContext;
  /** Absent while a source is only being resolved. */
  readonly log: VertexLog | undefined;
  readonly id: string;
  readonly layers?: LayerKeeping;
}

/** How the layers of one run are kept. */
export interface LayerKeeping {
  /** Part of every layer's key: the plugin's name and version. */
  readonly salt: string;
  /** No layer of an earlier run may be used. */
  readonly fresh: boolean;
  /** Hears of each layer that is new. */
  readonly made: (layer: SourceLayer) => void;
}

/** The door through which a plugin reaches the store, the network and the sandbox. */
export function createSourceContext({
  plugin,
  platform,
  context,
  log,
  id,
  layers = { salt: plugin, fresh: true, made: () => undefined },
}: SourceContextOptions): SourceContext {
  const options = context.pluginOptions[plugin];
  const write = (text: string) => log?.write("stdout", Buffer.from(text.endsWith("\n") ? text : `${text}\n`));
  return {
    platform,
    signal: context.signal,
    clampTime: context.clampTime,
    workspace: context.workspace,
    options,
    files: context.files,
    env: context.env,
    fetch: (url, headers, ca) => context.fetch(url, headers, ca),
    download: (file) => context.download(file),
    async layer(entries) {
      const layer = await layerOf([...entries], plugin, context);
      layers.made(layer);
      return layer;
    },
    keptLayer: (key, make) => keptLayer(key, make, context, layers),
    async exec(request) {
      const layer = await execOn(request, plugin, id, context, log);
      if (layer !== undefined) layers.made(layer);
      return layer;
    },
    warn: (message, hint) =>
      context.emit({
        type: "warning",
        code: "PLUGIN",
        message: `${plugin}: ${message}`,
        ...(hint === undefined ? {} : { hint }),
      }),
    log: (text) => {
      if (log === undefined) context.emit({ type: "debug", message: `${plugin}: ${text}` });
      else write(text);
    },
  };
}

async function layerOf(
  entries: readonly LayerEntry[],
  plugin: string,
  context: BuildContext,
): Promise<SourceLayer> {
  const layer = await pack(entries, context);
  if (layer === null)
    throw new TsdockError("PLUGIN_INVALID", `the plugin ${plugin} asked for a layer without entries`);
  return layer;
}

async function pack(entries: readonly LayerEntry[], context: BuildContext): Promise<SourceLayer | null> {
  const layer = await packEntries(entries, context.store.blobs, context.signal);
  verifyUnchanged(entries);
  return layer;
}

/** A record of its own in the action cache: what becomes of the vertex does not matter to it. */
async function keptLayer(
  key: Json,
  make: Parameters<SourceContext["keptLayer"]>[1],
  context: BuildContext,
  { salt, fresh, made }: LayerKeeping,
): Promise<SourceLayer | undefined> {
  const inputs = {
    op: "plugin-layer",
    plugin: salt,
    layer: canonicalJson(key),
    clampTime: String(context.clampTime),
  };
  const action = actionKey(inputs);
  const { actions } = context.store;
  const record = fresh ? undefined : actions.get(action);
  if (record?.layer === null) return undefined;
  if (record !== undefined && context.layers.has(record.layer.diffId)) return record.layer;
  const start = performance.now();
  const layer = await pack([...((await make()) ?? [])], context);
  if (layer !== null) made(layer);
  await actions.put(action, { version: 1, layer, inputs, ms: Math.round(performance.now() - start) });
  return layer ?? undefined;
}

async function execOn(
  request: SourceExec,
  plugin: string,
  id: string,
  context: BuildContext,
  log: VertexLog | undefined,
): Promise<SourceLayer | undefined> {
  const executor = await context.executor();
  await using tar = await context.store.blobs.pending();
  await using snapshot = await context.store.snapshots.pending();
  const mounts = (request.files ?? []).map(
    (file): SandboxMount => ({ ...file, type: "file", uid: 0, gid: 0 }),
  );
  const discard = request.discard ?? [];
  const outcome = await executor.exec(
    {
      id: sandboxId(id),
      argv: request.argv,
      env: Object.entries({ ...context.proxyEnvironment, ...request.env }).map(
        ([name, value]) => `${name}=${value}`,
      ),
      cwd: "/",
      user: "0:0",
      hostname: "tsdock",
      lower: await context.layers.snapshots(request.layers),
      mounts,
      network: request.network,
      capture: { tar: tar.path, snapshot: snapshot.path, clampTime: context.clampTime, discard },
      output: (stream, chunk) => log?.write(stream, chunk),
    },
    context.signal,
  );
  if (outcome.exitCode !== 0) {
    throw new TsdockError(
      "PLUGIN_COMMAND_FAILED",
      `${plugin}: ${request.argv.join(" ")} ended with exit code ${outcome.exitCode}`,
      {
        details: log?.text(),
        hint: "the log above says why",
      },
    );
  }
  if (outcome.layer === undefined) return undefined;
  await tar.commit(outcome.layer.diffId, outcome.layer.size);
  await snapshot.commit(outcome.layer.diffId);
  return outcome.layer;
}
