import { createHash } from "node:crypto";
import type { ByteString, FileEntry, LayerEntry } from "../../oci/layer/entry.ts";

/** Everything of an entry but its path and time, as one line of bytes: `file 644 0:0 DIGEST`. Equal lines, equal entries. */
export function describeEntry(entry: LayerEntry, digest: (file: FileEntry) => string): ByteString {
  const { type, mode, uid, gid } = entry;
  return `${type} ${mode.toString(8)} ${uid}:${gid}${contentOf(entry, digest)}${attributesOf(entry)}`;
}

function contentOf(entry: LayerEntry, digest: (file: FileEntry) => string): ByteString {
  switch (entry.type) {
    case "file":
      return ` ${digest(entry)}`;
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

function attributesOf({ xattrs }: LayerEntry): string {
  if (xattrs === undefined || xattrs.size === 0) return "";
  const sorted = [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1));
  return ` ${sorted.map(([name, value]) => `${Buffer.from(name).toString("hex")}=${Buffer.from(value).toString("hex")}`).join(",")}`;
}

/** A digest of the entries of a layer: 64 hex digits, the same for the same layer whatever made it. */
export function identifyEntries(entries: readonly LayerEntry[], digest: (file: FileEntry) => string): string {
  const hash = createHash("sha256");
  for (const entry of entries) hash.update(`${entry.path}\0${describeEntry(entry, digest)}\n`, "latin1");
  return hash.digest("hex");
}
