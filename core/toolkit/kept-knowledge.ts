import path from "node:path";
import { KeptTransforms } from "../analyze/loading/kept-transforms.ts";
import type { StateFiles } from "../oci/store/contract.ts";
import { readState } from "../oci/store/state-files.ts";
import { DirectoryListings } from "../util/directory-listings.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";

/** What a run knows of a workspace from earlier ones. */
export interface KeptKnowledge {
  readonly transforms: KeptTransforms;
  readonly listings: DirectoryListings;
}

const transformsKey = ({ cwd }: Host): string => `transforms ${cwd}`;
const listingsKey = ({ cwd }: Host): string => `directories ${cwd}`;

/**
 * What earlier runs in this directory kept; the store is not opened for it, and need not be there. Where it cannot be read, nothing is
 * known: what is wrong with it is told by who opens it.
 */
export function readKnowledge(host: Host): KeptKnowledge {
  return {
    transforms: new KeptTransforms(readIfThere(transformsKey(host), host)),
    listings: new DirectoryListings(readIfThere(listingsKey(host), host)),
  };
}

export function saveKnowledge(
  { transforms, listings }: KeptKnowledge,
  contexts: StateFiles,
  host: Host,
): void {
  saveIfNew(transforms.state(), transformsKey(host), contexts);
  saveIfNew(listings.state(), listingsKey(host), contexts);
}

function saveIfNew(state: Uint8Array | undefined, key: string, contexts: StateFiles): void {
  if (state !== undefined) contexts.put(key, state);
}

function readIfThere(key: string, host: Host): Uint8Array | undefined {
  try {
    return readState(path.join(storeDirectory(host), "contexts"), key);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
