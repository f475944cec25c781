import { closeSync, openSync, readSync } from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { normalizeEntryPath, showPath } from "./byte-path.ts";
import { type ByteString, type FileContent, type LayerEntry, toByteString } from "./entry.ts";
import { invalidTar } from "./tar-header.ts";
import { readTarMembers, type TarMember } from "./tar-members.ts";

/** Sparse files up to this many bytes become bytes in memory; an entry has no way to say where larger ones have holes. */
const maxExpanded = 64 * 1024 * 1024;

function expandSparse(tarFile: string, member: TarMember): Uint8Array {
  if (member.size > maxExpanded) {
    throw new TsdockError(
      "LAYER_UNREPRESENTABLE",
      `${showPath(member.path)} is a sparse file of ${member.size} bytes`,
      {
        hint: "pack the archive without --sparse, or unpack it in a RUN",
      },
    );
  }
  const bytes = new Uint8Array(member.size);
  const fd = openSync(tarFile, "r");
  try {
    for (const { at, offset, size } of member.sparse ?? []) {
      if (readSync(fd, bytes, at, size, offset) !== size)
        throw invalidTar("it ends within a sparse file", offset);
    }
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** The member as an entry. `tar` is the archive's absolute path. */
function toEntry(tar: ByteString, tarFile: string, member: TarMember): LayerEntry {
  const { path, mode, uid, gid, mtime, xattrs } = member;
  const base = { path, mode, uid, gid, mtime, ...(xattrs === undefined ? {} : { xattrs }) };
  switch (member.type) {
    case "1":
      return { ...base, type: "hardlink", target: normalizeEntryPath(member.linkTarget) };
    case "2":
      if (member.linkTarget === "") throw invalidTar("a symbolic link has no target", member.headerOffset);
      return { ...base, type: "symlink", target: member.linkTarget };
    case "3":
      return { ...base, type: "character", major: member.major, minor: member.minor };
    case "4":
      return { ...base, type: "block", major: member.major, minor: member.minor };
    case "5":
      return { ...base, type: "directory" };
    case "6":
      return { ...base, type: "fifo" };
    default: {
      const content: FileContent =
        member.sparse === undefined
          ? { path: tar, offset: member.dataOffset }
          : expandSparse(tarFile, member);
      return { ...base, type: "file", size: member.size, content };
    }
  }
}

/**
 * Replaces an entry by a later one of the same name, as unpacking would: what had been linked to the earlier one
 * keeps the earlier one's content.
 */
function replaceEntry(byPath: Map<ByteString, LayerEntry>, earlier: LayerEntry, later: LayerEntry): void {
  byPath.delete(earlier.path);
  if (earlier.type !== "directory") {
    const links = [...byPath.values()].filter(
      (entry) => entry.type === "hardlink" && entry.target === earlier.path,
    );
    const heir = links[0]?.path;
    for (const link of links) {
      byPath.set(
        link.path,
        link.path === heir ? { ...earlier, path: heir } : { ...link, type: "hardlink", target: heir ?? "" },
      );
    }
  }
  if (later.type !== "directory") {
    for (const path of [...byPath.keys()]) if (path.startsWith(`${later.path}/`)) byPath.delete(path);
  }
  byPath.set(later.path, later);
}

/** Members as entries, one a name, in the archive's order. */
export function toEntries(tarFile: string, members: readonly TarMember[]): LayerEntry[] {
  const tar = toByteString(tarFile);
  const byPath = new Map<ByteString, LayerEntry>();
  for (const member of members) {
    const entry = toEntry(tar, tarFile, member);
    const earlier = byPath.get(entry.path);
    if (entry.path === "" && entry.type !== "directory")
      throw invalidTar("the root is not a directory", member.headerOffset);
    if (earlier === undefined) byPath.set(entry.path, entry);
    else if (entry.type === "hardlink" && entry.target === entry.path) continue;
    else replaceEntry(byPath, earlier, entry);
  }
  return [...byPath.values()];
}

/**
 * The entries of an uncompressed tar, read by its headers alone; contents are ranges of the tar, so it must stay where it is.
 * Whiteouts are entries with their names. Of several entries with one name the last counts. `tarFile` is absolute.
 * Errors `LAYER_INVALID`, `LAYER_UNSAFE`, `LAYER_UNREPRESENTABLE`.
 */
export const indexLayer = (tarFile: string): LayerEntry[] => toEntries(tarFile, readTarMembers(tarFile));
