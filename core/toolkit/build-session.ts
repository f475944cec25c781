import { setMaxListeners } from "node:events";
import { Cleanup } from "../util/cleanup.ts";
import { ContextScans } from "../build/context/context-scans.ts";
import { createDownloader } from "../build/downloader.ts";
import { LayerDigests } from "../build/file/layer-digests.ts";
import { createGitCommits } from "../build/git-source.ts";
import { createHttp } from "../build/http.ts";
import { LayerAccess } from "../build/layer-access.ts";
import { type LockContent, lockedReferences } from "../build/lock-file.ts";
import type { BuildContext } from "../build/operation-handler.ts";
import { createWorkspaceFiles } from "../build/workspace-files.ts";
import type { Store } from "../oci/store/store.ts";
import type { SourcePlugin } from "../plugin/contract.ts";
import type { Host } from "./host.ts";
import { createLazyResolver } from "./lazy-resolver.ts";
import { saveKnowledge } from "./kept-knowledge.ts";
import { createLazyExecutor } from "./lazy-executor.ts";
import { openStore } from "./open-store.ts";
import { defaultRegistryOf } from "./registry-settings.ts";
import { createRegistryAccess, type RegistryAccess } from "./registry-access.ts";
import { clampTime, proxyEnvironment, readSecrets, readSshAgents } from "./step-inputs.ts";
import type { Workspace } from "./workspace.ts";

export interface SessionOptions {
  readonly lock: LockContent;
  /** `--locked`. */
  readonly strict: boolean;
  readonly secrets: readonly string[];
  readonly ssh: readonly string[];
  readonly runtime: string | undefined;
}

/** Everything that a build uses, opened; what is expensive starts when it is first needed. */
export interface BuildSession extends AsyncDisposable {
  readonly context: BuildContext;
  readonly store: Store;
  readonly registry: RegistryAccess;
}

export async function openSession(
  workspace: Workspace,
  options: SessionOptions,
  host: Host,
): Promise<BuildSession> {
  await using stack = new Cleanup();
  const executor = stack.use(createLazyExecutor({ host, runtime: options.runtime }));
  const registry = stack.use(createRegistryAccess(host, workspace.config.registries));
  const store = stack.use(await openStore(host, executor.get));
  stack.use(await store.lease());
  const { emit, signal, env } = host;
  // Everything that runs at once listens for its end.
  setMaxListeners(0, signal);
  const http = createHttp({ signal, emit, env });
  const contexts = new ContextScans({ state: store.contexts, emit, listings: workspace.knowledge?.listings });
  const layerDigests = new LayerDigests(store.contexts);
  stack.defer(() => {
    contexts.save();
    layerDigests.save();
    if (workspace.knowledge !== undefined) saveKnowledge(workspace.knowledge, store.contexts, host);
  });
  const context: BuildContext = {
    store,
    layers: new LayerAccess({ store, executor: executor.get, signal, emit }),
    executor: executor.get,
    images: createLazyResolver({
      store,
      client: registry.get,
      signal,
      strict: options.strict,
      defaultRegistry: defaultRegistryOf(workspace.config.defaultRegistry, host),
    }),
    gitCommit: createGitCommits(signal),
    plugins: workspace.compiled.plugins as ReadonlyMap<string, SourcePlugin>,
    pluginOptions: workspace.config.plugins,
    lock: lockedReferences(options.lock, options.strict),
    contexts,
    files: createWorkspaceFiles(workspace.directory, contexts),
    layerDigests,
    secrets: readSecrets(options.secrets, host),
    ssh: readSshAgents(options.ssh, host),
    clampTime: clampTime(env["SOURCE_DATE_EPOCH"]),
    proxyEnvironment: proxyEnvironment(env),
    workspace: workspace.directory,
    fetch: (url, headers, ca) => http.fetch(url, headers, ca),
    download: createDownloader(http, store, emit),
    env,
    signal,
    emit,
  };
  const owned = stack.move();
  return { context, store, registry, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}
