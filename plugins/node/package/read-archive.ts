import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type ByteString, type FileEntry, type LayerEntry, TsdockError } from "tsdock/plugin";

const block = 512;
/** A package that unpacks to more than this is a bomb, or nothing for an image. */
const mostBytes = 2 ** 31 - 1;
const unzip = promisify(gunzip);

type Problem = (what: string) => TsdockError;

const textAt = (bytes: Buffer, from: number, length: number): ByteString => {
  const end = bytes.indexOf(0, from);
  return bytes.toString("latin1", from, end === -1 || end > from + length ? from + length : end);
};

function numberAt(bytes: Buffer, from: number, length: number, problem: Problem): number {
  if (((bytes[from] ?? 0) & 0x80) !== 0) {
    let value = (bytes[from] ?? 0) & 0x7f;
    for (let at = from + 1; at < from + length; at++) value = value * 256 + (bytes[at] ?? 0);
    if (Number.isSafeInteger(value)) return value;
    throw problem("a number is too large");
  }
  const text = textAt(bytes, from, length).trim();
  if (/^[0-7]*$/.test(text)) return text === "" ? 0 : Number.parseInt(text, 8);
  throw problem(`${JSON.stringify(text)} is not a number`);
}

function paxRecords(data: Buffer, problem: Problem): ReadonlyMap<string, ByteString> {
  const records = new Map<string, ByteString>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at);
    const length = Number(data.toString("latin1", at, space));
    if (space === -1 || !Number.isSafeInteger(length) || length <= 0 || at + length > data.length)
      throw problem("a pax record is broken");
    const record = data.toString("latin1", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** Without the first directory, whatever it is called; undefined for that directory itself. */
function inside(name: ByteString, problem: Problem): ByteString | undefined {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || name.startsWith("/"))
    throw problem(`the name ${JSON.stringify(name)} leaves the package`);
  return parts.length < 2 ? undefined : parts.slice(1).join("/");
}

function* members(
  data: Buffer,
  problem: Problem,
): Generator<{
  readonly name: ByteString;
  readonly type: string;
  readonly mode: number;
  readonly content: Buffer;
}> {
  let long: ByteString | undefined;
  let pax: ReadonlyMap<string, ByteString> | undefined;
  for (let at = 0; at + block <= data.length; ) {
    const header = data.subarray(at, at + block);
    if (header[0] === 0) return;
    const type = header.toString("latin1", 156, 157);
    const stated = pax?.get("size");
    const size = stated === undefined ? numberAt(header, 124, 12, problem) : Number(stated);
    const start = at + block;
    if (!(size >= 0) || start + size > data.length) throw problem("it ends early");
    const content = data.subarray(start, start + size);
    at = start + Math.ceil(size / block) * block;
    if (type === "L") long = textAt(content, 0, size);
    else if (type === "x") pax = paxRecords(content, problem);
    else if (type !== "g" && type !== "K") {
      const isUstar = header.toString("latin1", 257, 263) === "ustar\0";
      const prefix = isUstar ? textAt(header, 345, 155) : "";
      const short = textAt(header, 0, 100);
      const name = pax?.get("path") ?? long ?? (prefix === "" ? short : `${prefix}/${short}`);
      yield { name, type, mode: numberAt(header, 100, 8, problem), content };
      long = undefined;
      pax = undefined;
    }
  }
}

/** The files of a package, paths relative to it. Contents are views of one buffer. */
export interface PackageFiles {
  readonly files: ReadonlyMap<ByteString, FileEntry>;
}

/**
 * Reads the archive of a package as npm does: the first directory of each name does not count, links and devices are
 * left out, files are 644 or 755. Error `NODE_PACKAGE_INVALID`.
 */
export async function readArchive(file: string, title: string): Promise<PackageFiles> {
  const problem: Problem = (what) =>
    new TsdockError("NODE_PACKAGE_INVALID", `the archive of ${title} cannot be read: ${what}`, {
      hint: "its digest is the one in the lockfile: the package was published like this",
    });
  const packed = await readFile(file);
  const isZipped = packed[0] === 0x1f && packed[1] === 0x8b;
  let data: Buffer;
  try {
    data = isZipped ? await unzip(packed, { maxOutputLength: mostBytes }) : packed;
  } catch (error) {
    throw problem((error as Error).message);
  }
  const files = new Map<ByteString, FileEntry>();
  for (const { name, type, mode, content } of members(data, problem)) {
    if (type !== "0" && type !== "\0" && type !== "7") continue;
    const path = inside(name, problem);
    if (path === undefined) continue;
    files.set(path, {
      type: "file",
      path,
      mode: (mode & 0o100) === 0 ? 0o644 : 0o755,
      uid: 0,
      gid: 0,
      mtime: 0,
      size: content.length,
      content,
    });
  }
  return { files };
}

/** Adds the directories that lead to entries, 755. */
export function withDirectories(entries: Iterable<LayerEntry>): LayerEntry[] {
  const all = new Map<ByteString, LayerEntry>();
  for (const entry of entries) all.set(entry.path, entry);
  const seen = new Set<ByteString>();
  for (const path of [...all.keys()]) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const directory = path.slice(0, end);
      if (seen.has(directory)) break;
      seen.add(directory);
      if (!all.has(directory))
        all.set(directory, { type: "directory", path: directory, mode: 0o755, uid: 0, gid: 0, mtime: 0 });
    }
  }
  return [...all.values()];
}
