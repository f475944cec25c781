import { humanSize } from "../oci/image/human.ts";
import { homeVolumes } from "./home-volumes.ts";
import type { Host } from "./host.ts";
import { pruneResourceFilter } from "./resource-filter.ts";

export interface PrunedVolumes {
  readonly names: readonly string[];
  /** Bytes. */
  readonly freed: number;
  /** As docker prints it. */
  readonly freedText: string;
}

/** Removes volumes that no container uses: anonymous ones, with `all` every one. Error `FILTER_INVALID`. */
export async function pruneVolumes(
  { all, filters }: { readonly all: boolean; readonly filters: readonly string[] },
  host: Host,
): Promise<PrunedVolumes> {
  const isWanted = pruneResourceFilter(filters, Date.now());
  const { names, freed } = await homeVolumes(host).prune({ all, isWanted });
  return { names, freed, freedText: humanSize(freed) };
}
