import { humanSize } from "../oci/image/human.ts";
import { isAbandoned } from "../oci/store/process-owner.ts";
import { tryLock } from "../oci/store/lock.ts";
import { reclaimContainers } from "../run/reclaim-containers.ts";
import { removeContainer } from "../run/remove-container.ts";
import { type ContainerDirectory, listContainers } from "../run/state/container-directory.ts";
import { unlessRemoved } from "../run/state/unless-removed.ts";
import { sizeOfTree } from "../run/volumes/size-of-tree.ts";
import { pruneFilter } from "./container-filters.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";

export interface PrunedContainers {
  readonly ids: readonly string[];
  readonly freedText: string;
}

/** Removes all containers that do not run, without their volumes, as docker does. Error `FILTER_INVALID`. */
export async function pruneContainers(
  { filters }: { readonly filters: readonly string[] },
  host: Host,
): Promise<PrunedContainers> {
  const home = storeDirectory(host);
  const passes = pruneFilter(filters, Date.now());
  await reclaimContainers(home, host.signal);
  const ids: string[] = [];
  let freed = 0;
  for (const container of listContainers(home)) {
    await unlessRemoved(container, async () => {
      // Whoever holds it is at work on the container.
      await using lock = await tryLock(container.file("lock"));
      const record = container.record();
      if (lock === undefined || record === undefined || !isDone(container)) return;
      if (!passes({ record, state: container.state() })) return;
      freed += sizeOfTree(`${container.file("root")}/upper`);
      await removeContainer(home, container, { volumes: false });
      ids.push(container.id);
    });
  }
  return { ids, freedText: humanSize(freed) };
}

/** One that was just created belongs to whoever is about to start it. */
function isDone(container: ContainerDirectory): boolean {
  const { status, supervisor } = container.state();
  if (status === "exited") return true;
  const isFree = supervisor === undefined || isAbandoned(supervisor, container.file("state.json"));
  return status === "created" && isFree;
}
