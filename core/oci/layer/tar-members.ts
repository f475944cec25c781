import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { normalizeEntryPath } from "./byte-path.ts";
import type { ByteString } from "./entry.ts";
import { maxExtendedHeader, parsePaxRecords, xattrKeyPrefix } from "./pax.ts";
import { oldSparse, paxSparse, type ReadArchive, type SparseSegment } from "./sparse-map.ts";
import {
  blockSize,
  decodeHeader,
  invalidTar,
  isZeroBlock,
  paddedSize,
  type TarHeader,
} from "./tar-header.ts";

/** One member of an archive with its extended headers applied. */
export interface TarMember {
  /** `0` file, `1` hard link, `2` symbolic link, `3` character and `4` block device, `5` directory, `6` fifo. */
  readonly type: string;
  /** Normalised: see `normalizeEntryPath`. */
  readonly path: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  /** As written. */
  readonly linkTarget: ByteString;
  /** Bytes of the file, holes included; 0 for everything else. */
  readonly size: number;
  /** Where the header and the content begin in the archive. */
  readonly headerOffset: number;
  readonly dataOffset: number;
  /** The pieces that are there, for a sparse file. */
  readonly sparse?: readonly SparseSegment[];
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
  readonly major: number;
  readonly minor: number;
}

type Records = readonly (readonly [key: ByteString, value: ByteString])[];

/** Extended headers met on the way to a member. */
interface Extensions {
  records: Records;
  name?: ByteString;
  linkName?: ByteString;
}

const windowSize = 16 * 1024;

/** Reads headers through a small window: content is skipped, not read. */
function archiveReader(fd: number, size: number): ReadArchive {
  const window = Buffer.allocUnsafe(windowSize);
  let start = 0;
  let filled = 0;
  return (offset, length) => {
    if (offset + length > size) throw invalidTar("it ends early", size);
    if (length > windowSize) {
      const large = Buffer.allocUnsafe(length);
      if (readSync(fd, large, 0, length, offset) !== length) throw invalidTar("it ends early", offset);
      return large;
    }
    if (offset < start || offset + length > start + filled) {
      filled = readSync(fd, window, 0, windowSize, offset);
      start = offset;
      if (filled < length) throw invalidTar("it ends early", offset);
    }
    return window.subarray(offset - start, offset - start + length);
  };
}

const regular = new Set(["0", "7", "S"]);
const known = new Set(["0", "1", "2", "3", "4", "5", "6", "7", "S", "D"]);

function integer(text: string, what: string, offset: number): number {
  const value = Number(text);
  if (!/^-?[0-9]+(?:\.[0-9]*)?$/.test(text) || !Number.isSafeInteger(Math.floor(value))) {
    throw invalidTar(`the ${what} in an extended header is not a number`, offset);
  }
  return Math.floor(value);
}

function xattrsOf(records: Records): Map<string, Uint8Array> | undefined {
  let xattrs: Map<string, Uint8Array> | undefined;
  for (const [key, value] of records) {
    if (!key.startsWith(xattrKeyPrefix)) continue;
    xattrs ??= new Map();
    xattrs.set(
      Buffer.from(key.slice(xattrKeyPrefix.length), "latin1").toString("utf8"),
      new Uint8Array(Buffer.from(value, "latin1")),
    );
  }
  return xattrs;
}

/** Where the content lies and how large the file is. */
function layContent(read: ReadArchive, header: TarHeader, records: Records, offset: number, stored: number) {
  const start = offset + blockSize;
  if (header.type === "S") {
    const { size, segments, dataOffset } = oldSparse(read, offset, stored);
    return { size, dataOffset, sparse: segments };
  }
  const sparse = header.type === "0" ? paxSparse(read, records, start, stored) : undefined;
  if (sparse !== undefined) return { size: sparse.size, dataOffset: start, sparse: sparse.segments };
  return { size: stored, dataOffset: start };
}

/** Bytes of the longest path that the kernel takes (PATH_MAX, without its NUL): nothing could open what lies deeper. */
const longestPath = 4095;

/** A name, which must not hold NULs: the kernel would end it there. */
function checkedName(name: ByteString, what: string, offset: number): ByteString {
  if (name.includes("\0")) throw invalidTar(`the ${what} of an entry holds a NUL`, offset);
  if (name.length > longestPath)
    throw invalidTar(
      `the ${what} of an entry has ${name.length} bytes, and ${longestPath} is the most`,
      offset,
    );
  return name;
}

function toMember(
  read: ReadArchive,
  header: TarHeader,
  extensions: Extensions,
  globals: Records,
  offset: number,
) {
  const records = extensions.records;
  const last = new Map([...globals, ...records]);
  const has = (key: string): string | undefined => (last.get(key) === "" ? undefined : last.get(key));
  const number = (key: string, value: number): number => {
    const text = has(key);
    return text === undefined ? value : integer(text, key, offset);
  };
  const name = checkedName(
    has("GNU.sparse.name") ?? has("path") ?? extensions.name ?? header.name,
    "name",
    offset,
  );
  const isFile = regular.has(header.type);
  const directory = header.type === "5" || header.type === "D" || (isFile && name.endsWith("/"));
  const stored = isFile || header.type === "D" ? number("size", header.size) : 0;
  if (stored < 0) throw invalidTar("an entry has a negative size", offset);
  const content =
    isFile && !directory
      ? layContent(read, header, records, offset, stored)
      : { size: 0, dataOffset: offset + blockSize };
  const xattrs = xattrsOf(records);
  const uid = number("uid", header.uid);
  const gid = number("gid", header.gid);
  if (uid < 0 || gid < 0 || uid > 0xffffffff || gid > 0xffffffff)
    throw invalidTar("an owner is out of range", offset);
  const member: TarMember = {
    type: directory ? "5" : isFile ? "0" : header.type,
    path: normalizeEntryPath(name),
    mode: header.mode,
    uid,
    gid,
    mtime: number("mtime", header.mtime),
    linkTarget: checkedName(has("linkpath") ?? extensions.linkName ?? header.linkName, "link target", offset),
    headerOffset: offset,
    major: header.major,
    minor: header.minor,
    ...content,
    ...(xattrs === undefined ? {} : { xattrs }),
  };
  return { member, next: content.dataOffset + paddedSize(stored), end: content.dataOffset + stored };
}

/** Reads an extended header (`x`, `g`) or a long name (`L`, `K`) into what is known of the next member. */
function readExtension(
  read: ReadArchive,
  header: TarHeader,
  offset: number,
  into: Extensions,
  globals: Records,
): Records {
  if (header.size < 0 || header.size > maxExtendedHeader)
    throw invalidTar("an extended header is too large", offset);
  const data = Buffer.from(read(offset + blockSize, header.size));
  const text = (): ByteString => {
    const end = data.indexOf(0);
    return data.toString("latin1", 0, end === -1 ? data.length : end);
  };
  if (header.type === "L") into.name = text();
  else if (header.type === "K") into.linkName = text();
  else if (header.type === "x") into.records = parsePaxRecords(data, offset + blockSize);
  else
    return [...globals, ...parsePaxRecords(data, offset + blockSize)].filter(
      ([key]) => key !== "path" && key !== "linkpath",
    );
  return globals;
}

function* membersOf(fd: number, size: number): Generator<TarMember, void, undefined> {
  const read = archiveReader(fd, size);
  let extensions: Extensions = { records: [] };
  let pending = false;
  let globals: Records = [];
  for (let offset = 0; ; ) {
    if (offset === size && !pending) return;
    const block = read(offset, blockSize);
    if (isZeroBlock(block, 0)) {
      if (pending) throw invalidTar("an extended header is followed by no entry", offset);
      return;
    }
    const header = decodeHeader(block, 0, offset);
    if ("xgLK".includes(header.type)) {
      globals = readExtension(read, header, offset, extensions, globals);
      pending ||= header.type !== "g";
      offset += blockSize + paddedSize(header.size);
      continue;
    }
    if (header.type === "V") {
      offset += blockSize;
      continue;
    }
    if (!known.has(header.type))
      throw invalidTar(`an entry has the unknown type ${JSON.stringify(header.type)}`, offset);
    const { member, next, end } = toMember(read, header, extensions, globals, offset);
    if (end > size) throw invalidTar("it ends within the content of an entry", size);
    yield member;
    extensions = { records: [] };
    pending = false;
    offset = Math.min(next, size);
  }
}

/**
 * The members of an uncompressed tar on disk, in its order: ustar, pax, GNU and star headers, sparse files.
 * Errors `LAYER_INVALID`, `LAYER_UNSAFE`.
 */
export function readTarMembers(tarFile: string): TarMember[] {
  const fd = openSync(tarFile, "r");
  try {
    return [...membersOf(fd, fstatSync(fd).size)];
  } finally {
    closeSync(fd);
  }
}
