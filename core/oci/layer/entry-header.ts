import { Header } from "tar/header";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { comparePaths, isAscii, normalizeEntryPath, showPath } from "./byte-path.ts";
import type { ByteString, LayerEntry } from "./entry.ts";
import { maxExtendedHeader, paxRecord, xattrKeyPrefix } from "./pax.ts";
import { blockSize, paddedSize } from "./tar-header.ts";

const typeNames = {
  file: "File",
  directory: "Directory",
  symlink: "SymbolicLink",
  hardlink: "Link",
  character: "CharacterDevice",
  block: "BlockDevice",
  fifo: "FIFO",
} as const;

/** Largest numbers of the octal fields of 8 and 12 bytes. */
const maxId = 0o7777777;
const maxLong = 0o77777777777;

const nameBytes = 100;
const prefixBytes = 155;

/** Whether the name can be cut at a slash so that it fits the name and prefix fields. */
function fitsHeader(name: ByteString): boolean {
  if (name.length <= nameBytes - 1) return true;
  const cut = name.lastIndexOf("/", prefixBytes);
  return cut > 0 && name.length - cut - 1 < nameBytes - 1 && name.length - cut - 1 > 0;
}

/** What stands in a header for a name that a record has: never seen by a reader that knows pax. */
const placeholder = (name: ByteString): ByteString => name.slice(-90).replace(/[^\x21-\x2e\x30-\x7e]/g, "_");

function xattrRecords(entry: LayerEntry): ByteString {
  if (entry.xattrs === undefined || entry.type === "hardlink") return "";
  let records = "";
  for (const [name, value] of [...entry.xattrs].sort(([a], [b]) => comparePaths(a, b))) {
    if (name === "" || name.includes("=") || name.includes("\0")) {
      throw new TsdockError(
        "LAYER_UNREPRESENTABLE",
        `${showPath(entry.path)} has an extended attribute named ${JSON.stringify(name)}`,
        {
          hint: "a tar archive cannot hold names with = in them: remove the attribute",
        },
      );
    }
    const key = Buffer.from(xattrKeyPrefix + name, "utf8").toString("latin1");
    records += paxRecord(
      key,
      Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1"),
    );
  }
  return records;
}

const nameOf = (entry: LayerEntry): ByteString =>
  entry.type === "directory" ? (entry.path === "" ? "./" : `${entry.path}/`) : entry.path;

/** The records that the fixed fields have no room for, in the order of their keys as GNU and Go write them. */
function recordsOf(entry: LayerEntry, name: ByteString, link: ByteString, size: number): ByteString {
  let records = "";
  if (entry.gid > maxId) records += paxRecord("gid", String(entry.gid));
  if (!isAscii(link) || link.length > nameBytes) records += paxRecord("linkpath", link);
  if (entry.mtime < 0 || entry.mtime > maxLong) records += paxRecord("mtime", String(entry.mtime));
  if (!isAscii(name) || !fitsHeader(name)) records += paxRecord("path", name);
  if (size > maxLong) records += paxRecord("size", String(size));
  if (entry.uid > maxId) records += paxRecord("uid", String(entry.uid));
  return records + xattrRecords(entry);
}

function checkEntry(entry: LayerEntry, link: ByteString): void {
  const wrong = (what: string): never => {
    throw new TsdockError("LAYER_INVALID", `${showPath(entry.path)} cannot be an entry of a layer: ${what}`);
  };
  if (normalizeEntryPath(entry.path) !== entry.path) wrong("its path is not a clean relative one");
  if (entry.path.includes("\0") || link.includes("\0")) wrong("its name holds a NUL");
  if (entry.path === "" && entry.type !== "directory") wrong("the root is a directory");
  if (entry.type === "symlink" && link === "") wrong("a symbolic link needs a target");
  for (const number of [entry.mode, entry.uid, entry.gid]) {
    if (!Number.isSafeInteger(number) || number < 0 || number > 0xffffffff)
      wrong("its mode or owner is out of range");
  }
  if (!Number.isSafeInteger(entry.mtime)) wrong("its time is not whole seconds");
  if (entry.type === "file" && (!Number.isSafeInteger(entry.size) || entry.size < 0))
    wrong("its size is out of range");
}

type HeaderType = (typeof typeNames)[keyof typeof typeNames] | "ExtendedHeader";

interface Fields {
  readonly type: HeaderType;
  readonly name: ByteString;
  readonly link: ByteString;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
}

function writeBlock(fields: Fields, block: Buffer, at: number): void {
  block.fill(0, at, at + blockSize);
  const { type, mode, size } = fields;
  const header = new Header({
    type,
    path: isAscii(fields.name) && fitsHeader(fields.name) ? fields.name : placeholder(fields.name),
    mode,
    uid: Math.min(fields.uid, maxId),
    gid: Math.min(fields.gid, maxId),
    size: Math.min(size, maxLong),
    mtime: new Date(Math.min(Math.max(fields.mtime, 0), maxLong) * 1000),
    devmaj: fields.major,
    devmin: fields.minor,
  });
  if (fields.link !== "")
    header.linkpath =
      isAscii(fields.link) && fields.link.length <= nameBytes ? fields.link : placeholder(fields.link);
  header.encode(block, at);
}

const extended = { link: "", mode: 0o644, uid: 0, gid: 0, mtime: 0, major: 0, minor: 0 } as const;

/** An extended header with its records, padded to whole blocks. */
function writeExtended(
  entry: LayerEntry,
  records: ByteString,
  room: (bytes: number) => { block: Buffer; at: number },
): void {
  if (records.length > maxExtendedHeader - 2 * blockSize) {
    throw new TsdockError(
      "LAYER_UNREPRESENTABLE",
      `the extended attributes of ${showPath(entry.path)} are larger than 1 MiB`,
    );
  }
  const { block, at } = room(blockSize + paddedSize(records.length));
  writeBlock({ ...extended, type: "ExtendedHeader", name: "PaxHeader", size: records.length }, block, at);
  block.write(records, at + blockSize, "latin1");
  block.fill(0, at + blockSize + records.length, at + blockSize + paddedSize(records.length));
}

/**
 * Writes the header of an entry, with an extended header before it where ustar's fields do not suffice: names that are
 * long or not ASCII (as the bytes that they are), large numbers, extended attributes. `room` gives space in the output.
 * Errors `LAYER_INVALID`, `LAYER_UNREPRESENTABLE`.
 */
export function writeEntryHeader(
  entry: LayerEntry,
  room: (bytes: number) => { block: Buffer; at: number },
): void {
  const link = entry.type === "symlink" || entry.type === "hardlink" ? entry.target : "";
  checkEntry(entry, link);
  const name = nameOf(entry);
  const size = entry.type === "file" ? entry.size : 0;
  const records = recordsOf(entry, name, link, size);
  if (records !== "") writeExtended(entry, records, room);
  const { block, at } = room(blockSize);
  const device = entry.type === "character" || entry.type === "block";
  const { mode, uid, gid, mtime } = entry;
  writeBlock(
    {
      type: typeNames[entry.type],
      name,
      link,
      size,
      mode: mode & 0o7777,
      uid,
      gid,
      mtime,
      major: device ? entry.major : 0,
      minor: device ? entry.minor : 0,
    },
    block,
    at,
  );
}
