import type { HostTools } from "../build/native/host-tools.ts";
import { isInitialNamespace } from "../build/native/initial-namespace.ts";
import type { NativeExecutor } from "../build/native/native-options.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { ImageView } from "../oci/image/image-view.ts";
import { type ContainerDraft, createContainer } from "../run/create-container.ts";
import { removeContainer } from "../run/remove-container.ts";
import { makeVolumes } from "./make-volumes.ts";
import { knownStarter } from "../run/sandbox/known-starter.ts";
import type { ContainerDirectory } from "../run/state/container-directory.ts";
import { isRoot, runAttached, startDetached, startHere, type StartOptions } from "../run/supervise/start.ts";
import { reclaimContainers } from "../run/reclaim-containers.ts";
import type { Store } from "../oci/store/store.ts";
import { containerDraft } from "./container-draft.ts";
import { type FoundImage, findStored, importReference } from "./find-image.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import { writeIdFile } from "./id-file.ts";
import { imageHint } from "./near-images.ts";
import { createLazyExecutor, type LazyExecutor, runtimeNamed } from "./lazy-executor.ts";
import { openStore } from "./open-store.ts";
import { rememberedSnapshots } from "./remembered-snapshots.ts";
import { rememberedView } from "./remembered-view.ts";
import { type ConfiguredAccess, createConfiguredAccess } from "./registry-access.ts";
import type { Begun, ContainerStreams, RunBase, RunOutcome } from "./run-contract.ts";
import type { RunRequest } from "./run-request.ts";

/** See `runImage`. */
export async function runContainer(
  request: RunRequest,
  streams: ContainerStreams,
  host: Host,
  { base, begun }: { readonly base: RunBase; readonly begun: Begun },
): Promise<RunOutcome> {
  const { id, tools } = begun;
  const home = storeDirectory(host);
  const searchPath = host.env["PATH"] ?? "";
  const inNetwork = (name: string | undefined): RunRequest => ({
    ...request,
    network: request.network ?? (base.network === undefined ? undefined : name),
  });
  if (await isUnisolated(request, home, tools)) return await runHere(inNetwork("host"), streams, host, base);
  const container = await prepare(inNetwork(base.network), host, base, (draft) =>
    createContainer(home, { ...draft, mounts: makeVolumes(draft.mounts, host) }, id),
  );
  writeIdFile(request.cidFile, container.id, host);
  return await start({ home, container, searchPath, tools }, { request, streams, host, begun });
}

interface StartContext {
  readonly request: RunRequest;
  readonly streams: ContainerStreams;
  readonly host: Host;
  readonly begun: Begun;
}

async function start(
  options: StartOptions,
  { request, streams, host, begun }: StartContext,
): Promise<RunOutcome> {
  const { home, container } = options;
  try {
    const { opened, supervisor } = begun;
    if (request.detach) {
      const { id } = container;
      if (streams.mayStay?.() === true && isRoot())
        return { kind: "detached", id, life: await startHere({ ...options, opened, signal: host.signal }) };
      await startDetached(options, supervisor);
      return { kind: "detached", id };
    }
    const { write: output, takeSignals, captured = false } = streams;
    const exitCode = await runAttached({
      ...options,
      output,
      captured,
      takeSignals,
      opened,
      signal: host.signal,
    });
    return { kind: "exited", exitCode };
  } catch (error) {
    await discard(home, container);
    throw error;
  }
}

/** What never ran is of no use to anybody; what ran stays for `ps -a` and `logs`. */
async function discard(home: string, container: ContainerDirectory): Promise<void> {
  if (container.record() === undefined || container.state().startedAt !== undefined) return;
  await removeContainer(home, container, { volumes: true });
}

/** Where not even root may make namespaces and mounts. */
async function isUnisolated(request: RunRequest, home: string, tools: HostTools): Promise<boolean> {
  if (process.geteuid?.() !== 0) return false;
  const runtime = runtimeNamed(request.runtime);
  return (await knownStarter({ home, runtime, tools, rootless: !isInitialNamespace() })) === "chroot";
}

async function runHere(
  request: RunRequest,
  streams: ContainerStreams,
  host: Host,
  base: RunBase,
): Promise<RunOutcome> {
  const { write: output, takeSignals } = streams;
  const { runUnisolated } = await import("../run/run-unisolated.ts");
  return prepare(request, host, base, async (draft, executor) => {
    const sandbox = (await executor.get()) as NativeExecutor;
    const exitCode = await runUnisolated({ sandbox, draft, output, takeSignals, signal: host.signal });
    return { kind: "exited", exitCode };
  });
}

/** Has the image with all its layers when `use` is called. */
export async function prepare<T>(
  request: RunRequest,
  host: Host,
  { found: known, changes = [] }: RunBase,
  use: (draft: ContainerDraft, executor: LazyExecutor) => Promise<T> | T,
): Promise<T> {
  await using executor = createLazyExecutor({ host, runtime: request.runtime });
  await using registry = createConfiguredAccess(host);
  await using store = await openStore(host, executor.get);
  await using _lease = await store.lease();
  await reclaimContainers(storeDirectory(host), host.signal);
  const found = known ?? (await findOrPull(store, request, registry, host));
  const home = storeDirectory(host);
  const view = await rememberedView(home, store, found, request.platform);
  const draft = containerDraft(request, view, host);
  const lower =
    rememberedSnapshots(home, store, draft.image.descriptor.digest, draft.image.diffIds) ??
    (await unpack(view, store, executor, registry, host));
  return await use({ ...draft, lower: [...lower, ...changes] }, executor);
}

async function unpack(
  view: ImageView,
  store: Store,
  executor: LazyExecutor,
  registry: ConfiguredAccess,
  host: Host,
): Promise<readonly string[]> {
  const { storedLayers } = await import("./stored-layers.ts");
  const layers = storedLayers(view, store, executor, registry, host);
  return layers.snapshots(view.config.rootfs.diff_ids.map((diffId) => ({ diffId })));
}

/** Of the store, else of the registry. Error `IMAGE_NOT_FOUND`. */
export async function findOrPull(
  store: Store,
  { image, platform, pull }: Pick<RunRequest, "image" | "platform" | "pull">,
  registry: ConfiguredAccess,
  host: Host,
): Promise<FoundImage> {
  const imported = await importReference(store, image, host);
  const found = imported ?? (pull === "always" ? undefined : await findStored(store, image));
  if (found !== undefined) return found;
  try {
    const whole = await registry.wholeName(image);
    const pulledBefore = whole === image || pull === "always" ? undefined : await findStored(store, whole);
    if (pulledBefore !== undefined) return pulledBefore;
    if (pull === "never") throw new TsdockError("IMAGE_NOT_FOUND", "--pull never keeps it from being pulled");
    const { pullInto } = await import("./image-pull.ts");
    return await pullInto(store, { reference: image, platform }, registry, host);
  } catch (error) {
    if (!(error instanceof TsdockError)) throw error;
    throw new TsdockError(
      "IMAGE_NOT_FOUND",
      `the image ${image} is not in the store and cannot be pulled: ${error.message}`,
      {
        hint: imageHint(
          store,
          image,
          "build it first with tsdock build, or check its name with tsdock image ls",
        ),
        cause: error,
      },
    );
  }
}
