import { type ByteString, type LayerEntry, TsdockError } from "tsdock/plugin";
import type { FileTable } from "./file-table.ts";

/**
 * The binary's table of applets begins with these two and is sorted: NUL after every name, an empty name at its end.
 * What is in front of it is anything.
 */
const tableStart = Buffer.from("[\0[[\0", "latin1");

/**
 * The applets of a busybox binary, read from the table in it: nothing is run, so that it works for every architecture.
 * Error `DEBIAN_PACKAGE_INVALID`.
 */
export function busyboxApplets(binary: Uint8Array): string[] {
  const bytes = Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength);
  for (let found = bytes.indexOf(tableStart); found !== -1; found = bytes.indexOf(tableStart, found + 1)) {
    const end = bytes.indexOf("\0\0", found, "latin1");
    const names = bytes.toString("latin1", found, end === -1 ? bytes.length : end).split("\0");
    if (names.includes("sh") && names.every((name) => /^[a-z0-9[][a-zA-Z0-9_.[-]*$/.test(name))) return names;
  }
  throw new TsdockError("DEBIAN_PACKAGE_INVALID", "no list of applets is found in busybox", {
    hint: "leave out busyboxLinks and make the links that you need with .symlink()",
  });
}

/** A link in /usr/bin for every applet whose place no package has. */
export function busyboxLinks(binary: Uint8Array, table: FileTable): Map<ByteString, LayerEntry> {
  const entries = new Map<ByteString, LayerEntry>();
  for (const name of busyboxApplets(binary)) {
    const path = `usr/bin/${name}`;
    if (table.has(path) || table.has(`usr/sbin/${name}`)) continue;
    entries.set(path, { type: "symlink", path, target: "busybox", mode: 0o777, uid: 0, gid: 0, mtime: 0 });
  }
  return entries;
}
