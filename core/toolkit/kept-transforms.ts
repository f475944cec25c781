import path from "node:path";
import { KeptTransforms } from "../analyze/loading/kept-transforms.ts";
import type { StateFiles } from "../oci/store/contract.ts";
import { readState } from "../oci/store/state-files.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";

const stateKey = ({ cwd }: Host): string => `transforms ${cwd}`;

/**
 * What earlier runs in this directory kept; the store is not opened for it, and need not be there. Where it cannot be read, nothing is
 * known: what is wrong with it is told by who opens it.
 */
export function readTransforms(host: Host): KeptTransforms {
  try {
    return new KeptTransforms(readState(path.join(storeDirectory(host), "contexts"), stateKey(host)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return new KeptTransforms(undefined);
  }
}

export function saveTransforms(transforms: KeptTransforms, contexts: StateFiles, host: Host): void {
  const state = transforms.state();
  if (state !== undefined) contexts.put(stateKey(host), state);
}
