import { type ByteString, type LayerEntry, TsdockError } from "tsdock/plugin";

const block = 512;

const invalid = (what: string): TsdockError =>
  new TsdockError("DEBIAN_PACKAGE_INVALID", `a tar archive in a package is broken: ${what}`);

function stringAt(bytes: Buffer, from: number, length: number): ByteString {
  const end = bytes.indexOf(0, from);
  return bytes.toString("latin1", from, end === -1 || end > from + length ? from + length : end);
}

/** Octal digits, or GNU's base 256 where the first bit is set. */
function numberAt(bytes: Buffer, from: number, length: number): number {
  if (((bytes[from] ?? 0) & 0x80) !== 0) {
    let value = (bytes[from] ?? 0) & 0x7f;
    for (let at = from + 1; at < from + length; at++) value = value * 256 + (bytes[at] ?? 0);
    if (!Number.isSafeInteger(value)) throw invalid("a number is too large");
    return value;
  }
  const text = stringAt(bytes, from, length).trim();
  if (!/^[0-7]*$/.test(text)) throw invalid(`${JSON.stringify(text)} is not a number`);
  return text === "" ? 0 : Number.parseInt(text, 8);
}

function checkSum(header: Buffer): void {
  let sum = 8 * 32;
  for (let at = 0; at < block; at++) if (at < 148 || at >= 156) sum += header[at] ?? 0;
  if (sum !== numberAt(header, 148, 8)) throw invalid("the checksum of a header is wrong");
}

/** `./usr/bin/` → `usr/bin`; `""` for the root. */
function normalize(name: ByteString): ByteString {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw invalid(`the name ${JSON.stringify(name)} leaves the root`);
  return parts.join("/");
}

/** `LENGTH KEY=VALUE\n` records (pax). */
function paxRecords(data: Buffer): ReadonlyMap<string, ByteString> {
  const records = new Map<string, ByteString>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at);
    const length = Number(data.toString("latin1", at, space));
    if (space === -1 || !Number.isSafeInteger(length) || length <= 0 || at + length > data.length)
      throw invalid("a pax record");
    const record = data.toString("latin1", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

interface Extension {
  path?: ByteString | undefined;
  link?: ByteString | undefined;
  size?: number | undefined;
}

function toEntry(header: Buffer, extension: Extension, content: Buffer): LayerEntry {
  const prefix =
    header.toString("latin1", 257, 262) === "ustar" && header[262] === 0 ? stringAt(header, 345, 155) : "";
  const name = stringAt(header, 0, 100);
  const base = {
    path: normalize(extension.path ?? (prefix === "" ? name : `${prefix}/${name}`)),
    mode: numberAt(header, 100, 8) & 0o7777,
    uid: numberAt(header, 108, 8),
    gid: numberAt(header, 116, 8),
    mtime: numberAt(header, 136, 12),
  };
  const link = extension.link ?? stringAt(header, 157, 100);
  const type = header.toString("latin1", 156, 157);
  switch (type) {
    case "0":
    case "\0":
    case "7":
      return { ...base, type: "file", size: content.length, content };
    case "1":
      return { ...base, type: "hardlink", target: normalize(link) };
    case "2":
      return { ...base, type: "symlink", target: link };
    case "3":
    case "4":
      return {
        ...base,
        type: type === "3" ? "character" : "block",
        major: numberAt(header, 329, 8),
        minor: numberAt(header, 337, 8),
      };
    case "5":
      return { ...base, type: "directory" };
    case "6":
      return { ...base, type: "fifo" };
    default:
      throw invalid(`the entry ${JSON.stringify(base.path)} has the unknown type ${JSON.stringify(type)}`);
  }
}

/**
 * The entries of a package's tar in memory, in its order; the root comes as `""`. File contents are views of `bytes`.
 * Reads what dpkg reads: ustar, GNU long names, pax names. Error `DEBIAN_PACKAGE_INVALID`.
 */
export function readTar(bytes: Uint8Array): LayerEntry[] {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: LayerEntry[] = [];
  let extension: Extension = {};
  for (let at = 0; at + block <= data.length; ) {
    const header = data.subarray(at, at + block);
    if (header[0] === 0) break;
    checkSum(header);
    const type = header.toString("latin1", 156, 157);
    const hasContent = !"123456".includes(type);
    const size = hasContent ? (extension.size ?? numberAt(header, 124, 12)) : 0;
    const start = at + block;
    if (start + size > data.length) throw invalid("it ends early");
    const content = data.subarray(start, start + size);
    at = start + Math.ceil(size / block) * block;
    if (type === "L") extension.path = stringAt(content, 0, size);
    else if (type === "K") extension.link = stringAt(content, 0, size);
    else if (type === "x") {
      const records = paxRecords(content);
      const paxSize = records.get("size");
      extension = {
        path: records.get("path"),
        link: records.get("linkpath"),
        size: paxSize === undefined ? undefined : Number(paxSize),
      };
    } else if (type !== "g") {
      entries.push(toEntry(header, extension, content));
      extension = {};
    }
  }
  return entries;
}
