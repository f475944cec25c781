import { humanSize } from "../oci/image/human.ts";
import { homeVolumes } from "./home-volumes.ts";
import type { Host } from "./host.ts";

export interface PrunedVolumes {
  readonly names: readonly string[];
  /** Bytes. */
  readonly freed: number;
  /** As docker prints it. */
  readonly freedText: string;
}

/** Removes volumes that no container uses: anonymous ones, with `all` every one. */
export async function pruneVolumes(options: { readonly all: boolean }, host: Host): Promise<PrunedVolumes> {
  const { names, freed } = await homeVolumes(host).prune(options);
  return { names, freed, freedText: humanSize(freed) };
}
