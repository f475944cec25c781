import { TsdockError } from "../errors/tsdock-error.ts";
import { humanSize } from "../oci/image/human.ts";
import { createLazyExecutor } from "./lazy-executor.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";

export interface PruneRequest {
  /** `20GB`. */
  readonly keepStorage: string | undefined;
  readonly all: boolean;
  readonly dryRun: boolean;
}

export interface PruneResult {
  readonly removed: number;
  /** Bytes. */
  readonly freed: number;
  readonly kept: number;
  readonly images: readonly string[];
  readonly dryRun: boolean;
  readonly text: string;
}

export async function pruneStore(request: PruneRequest, host: Host): Promise<PruneResult> {
  await using executor = createLazyExecutor({ host, runtime: undefined });
  await using store = await openStore(host, executor.get);
  const keepStorage =
    request.keepStorage === undefined ? {} : { keepStorage: parseSize(request.keepStorage) };
  const report = await store.prune({
    all: request.all,
    dryRun: request.dryRun,
    signal: host.signal,
    ...keepStorage,
  });
  const verb = request.dryRun ? "would free" : "freed";
  return {
    removed: report.removed.length,
    freed: report.freed,
    kept: report.kept,
    images: report.images,
    dryRun: request.dryRun,
    text: `${verb} ${humanSize(report.freed)} (${report.removed.length} items), ${humanSize(report.kept)} kept\n`,
  };
}

const powers: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** `20GB`, `512MiB`, `1000000`: bytes. Error `USAGE`. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?$/i.exec(text.trim());
  const factor = powers[(match?.[2] ?? "").toLowerCase()];
  if (match === null || factor === undefined)
    throw new TsdockError("USAGE", `${text} is no size`, { hint: "write 20GB or 512MiB" });
  return Math.floor(Number(match[1]) * factor);
}
