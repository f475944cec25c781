import fs from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { normalizeEntryPath } from "../../oci/layer/byte-path.ts";
import { readTarMembers, type TarMember } from "../../oci/layer/tar-members.ts";
import { TarWindow } from "../../oci/layer/tar-window.ts";
import { compressionByMagic } from "../../oci/image/compression-by-magic.ts";
import type { CopiedEntry } from "./copied-entry.ts";
import { heldFile } from "./held-directory.ts";

/**
 * The entries of a tar that comes through standard input, plain or as gzip. It is kept in a file without a name until all
 * of it is there: a damaged archive changes nothing. Errors `LAYER_INVALID`, `LAYER_UNSAFE`.
 */
export async function readArchive(temporary: string): Promise<Iterable<CopiedEntry>> {
  const raw = nameless(`${temporary}.raw`);
  await pipeline(process.stdin, fs.createWriteStream("", { fd: raw, autoClose: false }));
  const head = Buffer.alloc(4);
  fs.readSync(raw, head, 0, 4, 0);
  if (compressionByMagic(head) !== "gzip") return entriesOf(raw);
  const plain = nameless(temporary);
  await pipeline(
    fs.createReadStream("", { fd: raw, start: 0, autoClose: false }),
    createGunzip(),
    fs.createWriteStream("", { fd: plain, autoClose: false }),
  );
  return entriesOf(plain);
}

function nameless(file: string): number {
  const fd = fs.openSync(file, "wx+", 0o600);
  fs.unlinkSync(file);
  return fd;
}

function entriesOf(fd: number): Iterable<CopiedEntry> {
  const members = readTarMembers(heldFile(fd));
  const window = new TarWindow(fd);
  return members.map((member) => entryOf(member, window));
}

function entryOf(member: TarMember, window: TarWindow): CopiedEntry {
  const { path, mode, uid, gid, mtime, size, major, minor, linkTarget } = member;
  const common = { path, mode: mode & 0o7777, uid, gid, mtime };
  switch (member.type) {
    case "0":
      return { ...common, type: "file", size, read: (use) => readMember(member, window, use) };
    case "1":
      return { ...common, type: "hardlink", target: normalizeEntryPath(linkTarget) };
    case "2":
      return { ...common, type: "symlink", target: linkTarget };
    case "5":
      return { ...common, type: "directory" };
    case "6":
      return { ...common, type: "fifo" };
    default:
      return { ...common, type: member.type === "3" ? "character" : "block", major, minor };
  }
}

function readMember(
  { sparse, dataOffset, size }: TarMember,
  window: TarWindow,
  use: (piece: Uint8Array, at: number) => void,
): void {
  for (const segment of sparse ?? [{ at: 0, offset: dataOffset, size }]) {
    let position = segment.at;
    window.read(segment.offset, segment.size, (piece) => {
      use(piece, position);
      position += piece.length;
    });
  }
}
