import fs from "node:fs";
import path from "node:path";
import { isAbandoned } from "../oci/store/process-owner.ts";
import { tryLock } from "../oci/store/lock.ts";
import { removeContainer, removeFiles } from "./remove-container.ts";
import { removeCgroups } from "./sandbox/cgroup.ts";
import { isRunning } from "./stop-container.ts";
import { ContainerDirectory, containersDirectory, listContainers } from "./state/container-directory.ts";
import { unlessRemoved } from "./state/unless-removed.ts";

/**
 * Puts right what processes that were killed left: containers whose supervisor is gone have ended, those that were to
 * remove themselves are removed, and so is what was being created or removed. Cheap where there is nothing to do.
 */
export async function reclaimContainers(home: string, signal: AbortSignal): Promise<void> {
  for (const container of listContainers(home))
    await unlessRemoved(container, () => reclaim(home, container));
  for (const name of leftovers(containersDirectory(home))) await removeFiles(name);
  if (!fs.existsSync(path.join(home, "data", "networks"))) return;
  const { openNetworks } = await import("./network/open-networks.ts");
  const live = listContainers(home)
    .filter(isRunning)
    .map(({ id }) => id);
  await openNetworks(home).reclaim(new Set(live), signal);
}

async function reclaim(home: string, container: ContainerDirectory): Promise<void> {
  const state = container.state();
  const isDead = container.isAbandoned();
  if (!isDead && state.status !== "removing" && !isUnborn(container)) return;
  // Whoever holds it is at work on the container.
  const lock = await tryLock(container.file("lock"));
  if (lock === undefined) return;
  await using _lock = lock;
  const record = container.record();
  if (record === undefined) return;
  await removeCgroups(record.id);
  if (state.status === "removing" || record.autoRemove) {
    await removeContainer(home, container, { volumes: record.autoRemove });
  } else if (isDead) {
    container.writeState(container.state());
  }
}

/** Created by `run --rm` and never started, since its creator was killed; what `create` made belongs to nobody. */
function isUnborn(container: ContainerDirectory): boolean {
  const { status, supervisor } = container.state();
  if (status !== "created" || container.record()?.autoRemove !== true) return false;
  return supervisor !== undefined && isAbandoned(supervisor, container.file("state.json"));
}

/** Directories of containers that are not there yet, by processes that are gone, or not there any more. */
function leftovers(directory: string): readonly string[] {
  if (!fs.existsSync(directory)) return [];
  return fs
    .readdirSync(directory)
    .filter((name) => name.startsWith(".removed-") || (name.startsWith(".new-") && isOrphan(directory, name)))
    .map((name) => path.join(directory, name));
}

function isOrphan(directory: string, name: string): boolean {
  const container = new ContainerDirectory(path.join(directory, name));
  const { supervisor } = container.state();
  if (supervisor !== undefined) return isAbandoned(supervisor, container.path);
  // Between its first file and its last there is a moment.
  const stats = fs.statSync(container.path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > 60_000;
}
