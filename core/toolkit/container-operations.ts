import fs from "node:fs";
import { acquireLock } from "../oci/store/lock.ts";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import { reclaimContainers } from "../run/reclaim-containers.ts";
import { removeContainer } from "../run/remove-container.ts";
import { renameContainer } from "../run/rename-container.ts";
import { signalNumber } from "../run/signal-numbers.ts";
import type { ContainerDirectory } from "../run/state/container-directory.ts";
import { findContainer } from "../run/state/container-names.ts";
import { unlessRemoved } from "../run/state/unless-removed.ts";
import type { ContainerRecord } from "../run/state/container-record.ts";
import { isRunning, killContainer, stopContainer } from "../run/stop-container.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";

export interface FoundContainer {
  readonly home: string;
  readonly container: ContainerDirectory;
  readonly record: ContainerRecord;
}

/** By name or id, after what killed processes left was put right. Error `CONTAINER_NOT_FOUND`. */
export async function requireContainer(text: string, host: Host): Promise<FoundContainer> {
  const home = storeDirectory(host);
  await reclaimContainers(home, host.signal);
  const container = findContainer(home, text);
  const record = container.record();
  if (record !== undefined) return { home, container, record };
  throw new TsdockError("CONTAINER_NOT_FOUND", `the container ${text} was just removed`, {
    hint: "tsdock ps -a shows those that are there",
  });
}

/** `timeout` in seconds; undefined is the container's own. */
export async function stopOne(
  text: string,
  { timeout }: { readonly timeout: number | undefined },
  host: Host,
): Promise<void> {
  const { container, record } = await requireContainer(text, host);
  await stopContainer(container, record, { timeout: timeout ?? record.stopTimeout, signal: host.signal });
}

export async function killOne(
  text: string,
  { signal }: { readonly signal: string },
  host: Host,
): Promise<void> {
  const number = signalNumber(signal);
  const { container, record } = await requireContainer(text, host);
  killContainer(container, record, number);
}

/** Errors `CONTAINER_NOT_FOUND`, and those of `renameContainer`. */
export async function renameOne(text: string, name: string, host: Host): Promise<void> {
  const { home, container } = await requireContainer(text, host);
  await using _lock = await acquireLock(container.file("lock"), host.signal);
  const record = container.record();
  if (record !== undefined) renameContainer(home, container, record, name);
}

/** Errors `CONTAINER_RUNNING` without `force`. */
export async function removeOne(
  text: string,
  { force, volumes }: { readonly force: boolean; readonly volumes: boolean },
  host: Host,
): Promise<void> {
  const { home, container, record } = await requireContainer(text, host);
  if (isRunning(container)) {
    if (!force) {
      throw new TsdockError("CONTAINER_RUNNING", `the container ${record.name} runs`, {
        hint: `stop it first (tsdock stop ${record.name}), or remove it with -f`,
      });
    }
    await stopContainer(container, { ...record, stopSignal: "KILL" }, { timeout: 0, signal: host.signal });
  }
  // `--rm` may be at it already.
  await unlessRemoved(container, async () => {
    await using _lock = await lockToRemove(container, host.signal);
    await removeContainer(home, container, { volumes });
  });
}

/** Where no space is left for a lock, the log that goes anyway gives up its own. */
async function lockToRemove(container: ContainerDirectory, signal: AbortSignal): Promise<AsyncDisposable> {
  const lock = container.file("lock");
  try {
    return await acquireLock(lock, signal);
  } catch (error) {
    if (!isTsdockError(error) || error.code !== "DISK_FULL" || isRunning(container)) throw error;
    fs.truncateSync(container.file("container.log"));
    return await acquireLock(lock, signal);
  }
}
