import type { LayerEntry } from "../../oci/layer/entry.ts";
import type { StateFiles } from "../../oci/store/contract.ts";
import { type Digests, describeEntry } from "./describe-entry.ts";

const listingKey = (entries: string): string => `entries ${entries}`;

/** Keeps what the digest of a layer's entries stands for, so that it can be said later which file made the difference. */
export function keepListing(
  state: StateFiles,
  entries: string,
  made: readonly LayerEntry[],
  digests: Digests,
): void {
  const parts = made.flatMap((entry) => [entry.path, describeEntry(entry, digests)]);
  state.put(listingKey(entries), Buffer.from(parts.join("\0"), "latin1"));
}

/**
 * What `describeEntry` says of each path (UTF-8, relative to the root), by the digest of the entries; undefined where it was
 * pruned.
 */
export function readListing(state: StateFiles, entries: string): ReadonlyMap<string, string> | undefined {
  const bytes = state.get(listingKey(entries));
  if (bytes === undefined) return undefined;
  const parts = Buffer.from(bytes).toString("latin1").split("\0");
  const known = new Map<string, string>();
  for (let at = 0; at + 1 < parts.length; at += 2)
    known.set(Buffer.from(parts[at] ?? "", "latin1").toString("utf8"), parts[at + 1] ?? "");
  return known;
}
