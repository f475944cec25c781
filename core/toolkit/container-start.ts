import { HostTools } from "../build/native/host-tools.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { isRunning, stopContainer } from "../run/stop-container.ts";
import { runAttached, startDetached } from "../run/supervise/start.ts";
import { type FoundContainer, requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";
import { createLazyExecutor } from "./lazy-executor.ts";
import { openStore } from "./open-store.ts";
import { createConfiguredAccess } from "./registry-access.ts";
import { readImage } from "../oci/image/image-view.ts";
import { platformOrHost } from "./find-image.ts";
import type { ContainerStreams } from "./run-contract.ts";
import { storedLayers } from "./stored-layers.ts";

/** Starts a container again. Nothing happens to one that runs. */
export async function startOne(text: string, host: Host): Promise<void> {
  const found = await requireContainer(text, host);
  if (isRunning(found.container)) return;
  await startDetached(await ready(found, host));
}

/** The same with the streams of this process; gives its exit code. */
export async function startAttachedOne(text: string, streams: ContainerStreams, host: Host): Promise<number> {
  const found = await requireContainer(text, host);
  if (isRunning(found.container)) {
    throw new TsdockError("CONTAINER_RUNNING", `the container ${found.record.name} runs already`, {
      hint: `see what it writes with tsdock logs -f ${found.record.name}`,
    });
  }
  const { write: output, takeSignals } = streams;
  return runAttached({ ...(await ready(found, host)), output, takeSignals, signal: host.signal });
}

/** `timeout` in seconds; undefined is the container's own. */
export async function restartOne(
  text: string,
  { timeout }: { readonly timeout: number | undefined },
  host: Host,
): Promise<void> {
  const found = await requireContainer(text, host);
  const { container, record } = found;
  await stopContainer(container, record, { timeout: timeout ?? record.stopTimeout, signal: host.signal });
  await startDetached(await ready(found, host));
}

/** Its layers may have been pruned, or distrusted since the machine restarted. */
async function ready(
  { home, container, record }: FoundContainer,
  host: Host,
): Promise<Parameters<typeof startDetached>[0]> {
  await using executor = createLazyExecutor({ host, runtime: record.runtime });
  await using registry = createConfiguredAccess(host);
  await using store = await openStore(host, executor.get);
  await using _lease = await store.lease();
  const view = await readImage(store.blobs, record.image.descriptor, platformOrHost(undefined));
  await storedLayers(view, store, executor, registry, host).snapshots(
    record.image.diffIds.map((diffId) => ({ diffId })),
  );
  const searchPath = host.env["PATH"] ?? "";
  return { home, container, searchPath, tools: new HostTools(searchPath) };
}
