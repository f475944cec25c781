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
}

/** The door through which a plugin reaches the store, the network and the sandbox. */
export function createSourceContext({
  plugin,
  platform,
  context,
  log,
  id,
}: SourceContextOptions): SourceContext {
  const options = context.pluginOptions[plugin];
  const write = (text: string) => log?.write("stdout", Buffer.from(text.endsWith("\n") ? text : `${text}\n`));
  return {
    platform,
    signal: context.signal,
    clampTime: context.clampTime,
    workspace: context.workspace,
    options,
    fetch: (url) => context.fetch(url),
    download: (file) => context.download(file),
    layer: (entries) => layerOf(entries, plugin, context),
    exec: (request) => execOn(request, plugin, id, context, log),
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
  entries: Iterable<LayerEntry>,
  plugin: string,
  context: BuildContext,
): Promise<SourceLayer> {
  const layer = await packEntries([...entries], context.store.blobs, context.signal);
  if (layer === null)
    throw new TsdockError("PLUGIN_INVALID", `the plugin ${plugin} asked for a layer without entries`);
  return layer;
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
