import { TsdockError } from "../errors/tsdock-error.ts";
import type { Sandbox } from "../oci/runtime/sandbox.ts";
import { parseVolume } from "../run/parse-volume.ts";
import { runContainer } from "../run/run-container.ts";
import { type FoundImage, findStored, importReference, viewOf } from "./find-image.ts";
import type { Host } from "./host.ts";
import { pullInto } from "./image-pull.ts";
import { createLazyExecutor } from "./lazy-executor.ts";
import { openStore } from "./open-store.ts";
import { createRegistryAccess, type RegistryAccess } from "./registry-access.ts";
import { storedLayers } from "./stored-layers.ts";
import type { Store } from "../oci/store/store.ts";

export interface RunRequest {
  readonly image: string;
  /** Replace CMD. */
  readonly args: readonly string[];
  /** `NAME=VALUE`, or `NAME` to pass ours on. */
  readonly env: readonly string[];
  readonly volumes: readonly string[];
  readonly network: "host" | "none";
  readonly workdir: string | undefined;
  readonly user: string | undefined;
  readonly entrypoint: string | undefined;
  readonly hostname: string | undefined;
  readonly runtime: string | undefined;
  readonly platform: string | undefined;
}

/** Exit code of a container that never began, as docker has it. */
export const runFailureExitCode = 125;

/** Runs a container in the foreground; what it writes is thrown away. Gives the exit code of the process. */
export async function runImage(request: RunRequest, host: Host): Promise<number> {
  const volumes = request.volumes.map(parseVolume);
  await using executor = createLazyExecutor({ host, runtime: request.runtime });
  await using registry = createRegistryAccess(host, {});
  await using store = await openStore(host, executor.get);
  await using _lease = await store.lease();
  const view = await viewOf(store, await findOrPull(store, request, registry, host), request.platform);
  const layers = storedLayers(view, store, executor, registry, host);
  const lower = await layers.snapshots(view.config.rootfs.diff_ids.map((diffId) => ({ diffId })));
  return await runContainer({
    sandbox: (await executor.get()) as Awaited<ReturnType<typeof executor.get>> & Sandbox,
    lower,
    config: view.config.config ?? {},
    args: request.args,
    env: request.env.flatMap((entry) => passedOn(entry, host)),
    volumes,
    network: request.network,
    workdir: request.workdir,
    user: request.user,
    entrypoint:
      request.entrypoint === undefined ? undefined : request.entrypoint === "" ? [] : [request.entrypoint],
    hostname: request.hostname,
    stdin: "inherit",
    output: "inherit",
    forwardSignals: true,
    signal: host.signal,
  });
}

const passedOn = (entry: string, { env }: Host): readonly string[] => {
  if (entry.includes("=")) return [entry];
  const value = env[entry];
  return value === undefined ? [] : [`${entry}=${value}`];
};

async function findOrPull(
  store: Store,
  { image, platform }: RunRequest,
  registry: RegistryAccess,
  host: Host,
): Promise<FoundImage> {
  const found = (await importReference(store, image, host)) ?? (await findStored(store, image));
  if (found !== undefined) return found;
  try {
    return await pullInto(store, { reference: image, platform }, registry, host);
  } catch (error) {
    if (!(error instanceof TsdockError)) throw error;
    throw new TsdockError(
      "IMAGE_NOT_FOUND",
      `the image ${image} is not in the store and cannot be pulled: ${error.message}`,
      {
        hint: "build it first with tsdock build, or check its name with tsdock image ls",
        cause: error,
      },
    );
  }
}
