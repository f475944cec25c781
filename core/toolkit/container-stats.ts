import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { reclaimContainers } from "../run/reclaim-containers.ts";
import { type ContainerUsage, readUsage } from "../run/sandbox/read-usage.ts";
import { listContainers } from "../run/state/container-directory.ts";
import { isRunning } from "../run/stop-container.ts";
import { type FoundContainer, requireContainer } from "./container-operations.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";

export type { ContainerUsage };

/** A row of `docker stats`; undefined where the container does not run. */
export interface StatsRow {
  readonly id: string;
  readonly name: string;
  /** Per cent of one processor. */
  readonly cpu: number | undefined;
  readonly usage: ContainerUsage | undefined;
  readonly memoryLimit: number;
}

export interface StatsRequest {
  /** Empty for all that run. */
  readonly names: readonly string[];
  /** Those that do not run too. */
  readonly all: boolean;
}

const intervalMs = 1000;

/** What containers use, again and again. Time of processors counts since the row before. */
export async function* containerStats(
  { names, all }: StatsRequest,
  host: Host,
): AsyncGenerator<readonly StatsRow[]> {
  const before = new Map<string, { readonly usage: ContainerUsage; readonly time: bigint }>();
  for (;;) {
    const containers = await chosen({ names, all }, host);
    const rows = containers.map(({ container, record: { id, name } }): StatsRow => {
      const { pid } = container.state();
      const usage = pid === undefined ? undefined : readUsage(id, pid);
      const time = process.hrtime.bigint();
      const last = before.get(id);
      if (usage !== undefined) before.set(id, { usage, time });
      const elapsed = last === undefined ? 0 : Number(time - last.time);
      const cpu =
        usage === undefined || last === undefined
          ? undefined
          : ((usage.cpu - last.usage.cpu) / elapsed) * 100;
      return { id, name, cpu, usage, memoryLimit: usage?.memoryLimit ?? os.totalmem() };
    });
    if (rows.every(({ cpu, usage }) => cpu !== undefined || usage === undefined)) yield rows;
    await sleep(intervalMs, undefined, { signal: host.signal });
  }
}

async function chosen(
  { names, all }: StatsRequest,
  host: Host,
): Promise<readonly Omit<FoundContainer, "home">[]> {
  if (names.length > 0) return Promise.all(names.map((name) => requireContainer(name, host)));
  const home = storeDirectory(host);
  await reclaimContainers(home, host.signal);
  return listContainers(home).flatMap((container) => {
    const record = container.record();
    return record === undefined || !(all || isRunning(container)) ? [] : [{ container, record }];
  });
}
