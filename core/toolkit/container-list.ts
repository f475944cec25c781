import { reclaimContainers } from "../run/reclaim-containers.ts";
import { type ContainerDirectory, listContainers } from "../run/state/container-directory.ts";
import type { ContainerRecord, ContainerState } from "../run/state/container-record.ts";
import { type ContainerRow, containerRow } from "./container-row.ts";
import { containerFilter } from "./container-filters.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";

export interface ListContainersRequest {
  /** Those that do not run too. */
  readonly all: boolean;
  /** `KEY=VALUE`. */
  readonly filters: readonly string[];
  /** Only the newest so many, whatever their state; undefined for all. */
  readonly last: number | undefined;
  /** Tell how much they wrote. */
  readonly size?: boolean;
}

export interface KnownContainer {
  readonly container: ContainerDirectory;
  readonly record: ContainerRecord;
  readonly state: ContainerState;
}

/** Containers, the newest first. Error `FILTER_INVALID`. */
export async function listAllContainers(
  { all, filters, last, size = false }: ListContainersRequest,
  host: Host,
): Promise<readonly ContainerRow[]> {
  const home = storeDirectory(host);
  await reclaimContainers(home, host.signal);
  const known = listContainers(home).flatMap((container): readonly KnownContainer[] => {
    const record = container.record();
    return record === undefined ? [] : [{ container, record, state: container.state() }];
  });
  const passes = containerFilter(filters, known);
  const asksForState = filters.some((filter) => /^(?:status|exited)=/.test(filter));
  const shown = known
    .filter(
      ({ state }) =>
        all || last !== undefined || asksForState || ["running", "restarting"].includes(state.status),
    )
    .filter(passes)
    .sort((a, b) => (a.record.created < b.record.created ? 1 : -1));
  const now = Date.now();
  const rows = shown.slice(0, last);
  const sizes = size ? await (await import("./container-sizes.ts")).containerSizes(rows, host) : undefined;
  return rows.map((one) => containerRow(one, now, sizes?.get(one.record.id)));
}
