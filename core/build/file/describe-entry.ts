import type { ByteString, FileEntry, LayerEntry } from "../../oci/layer/entry.ts";
import { LineHash } from "./line-hash.ts";

/** Who knows the SHA-256 (64 hex digits) of the files that are described. */
export interface Digests {
  digest(file: FileEntry): string;
}

/** Everything of an entry but its path and time, as one line of bytes: `file 644 0:0 DIGEST`. Equal lines, equal entries. */
export function describeEntry(entry: LayerEntry, digests: Digests): ByteString {
  const { type, mode, uid, gid, xattrs } = entry;
  const line = `${type} ${mode.toString(8)} ${uid}:${gid}${contentOf(entry, digests)}`;
  return xattrs === undefined || xattrs.size === 0 ? line : `${line} ${attributes(xattrs)}`;
}

function contentOf(entry: LayerEntry, digests: Digests): ByteString {
  switch (entry.type) {
    case "file":
      return ` ${digests.digest(entry)}`;
    case "symlink":
    case "hardlink":
      return ` ${entry.target}`;
    case "character":
    case "block":
      return ` ${entry.major},${entry.minor}`;
    case "directory":
    case "fifo":
      return "";
  }
}

function attributes(xattrs: ReadonlyMap<string, Uint8Array>): string {
  const sorted = [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted
    .map(([name, value]) => `${Buffer.from(name).toString("hex")}=${Buffer.from(value).toString("hex")}`)
    .join(",");
}

/** A digest of the entries of a layer: 64 hex digits, the same for the same layer whatever made it. */
export function identifyEntries(entries: readonly LayerEntry[], digests: Digests): string {
  const hash = new LineHash();
  for (const entry of entries) hash.add(`${entry.path}\0${describeEntry(entry, digests)}\n`);
  return hash.digest();
}
