import type { ByteString } from "../../oci/layer/entry.ts";
import { seal, unseal } from "../../util/sealed-bytes.ts";

/** What `lstat` says of a file that must be the same for its content to be the same. Times are milliseconds with fractions. */
export interface FileStamp {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly size: number;
  readonly ino: number;
}

export interface KnownFile extends FileStamp {
  /** SHA-256 of the content, 64 hex digits. */
  readonly digest: string;
}

/** The known files of one directory, names in byte order: decoded when somebody looks. */
export interface KnownDirectory {
  readonly names: readonly ByteString[];
  readonly stamps: Float64Array;
  readonly digests: Buffer;
}

export const stampFields = 4;
export const digestBytes = 32;
const format = "tsdock contexts 1";

/** Whether a file is what it was: the same inode with the same size and times. */
export function sameStamp(stamps: Float64Array, index: number, stamp: FileStamp): boolean {
  const at = index * stampFields;
  return (
    stamps[at] === stamp.mtimeMs &&
    stamps[at + 1] === stamp.ctimeMs &&
    stamps[at + 2] === stamp.size &&
    stamps[at + 3] === stamp.ino
  );
}

export const digestAt = (directory: KnownDirectory, index: number): string =>
  directory.digests.toString("hex", index * digestBytes, (index + 1) * digestBytes);

export function knownDirectory(
  files: readonly (readonly [name: ByteString, file: KnownFile])[],
): KnownDirectory {
  const stamps = new Float64Array(files.length * stampFields);
  const digests = Buffer.alloc(files.length * digestBytes);
  for (const [index, [, file]] of files.entries()) {
    stamps.set([file.mtimeMs, file.ctimeMs, file.size, file.ino], index * stampFields);
    digests.write(file.digest, index * digestBytes, "hex");
  }
  return { names: files.map(([name]) => name), stamps, digests };
}

/**
 * The bytes that a context's known files are kept as: for each directory its path, its names ended by NULs, the stamps as
 * doubles and the digests; sealed, since a wrong digest would be a wrong image.
 */
export function encodeStatCache(directories: ReadonlyMap<ByteString, KnownDirectory>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [path, { names, stamps, digests }] of directories) {
    if (names.length === 0) continue;
    const text = Buffer.from(`${path}\0${names.join("\0")}`, "latin1");
    const header = Buffer.alloc(8);
    header.writeUInt32LE(text.length, 0);
    header.writeUInt32LE(names.length, 4);
    parts.push(header, text, new Uint8Array(stamps.buffer, stamps.byteOffset, stamps.byteLength), digests);
  }
  return seal(format, parts);
}

/** Reads what `encodeStatCache` gave; nothing known for anything else: damaged, or of another version. */
export function decodeStatCache(bytes: Uint8Array | undefined): Map<ByteString, KnownDirectory> {
  const directories = new Map<ByteString, KnownDirectory>();
  const buffer = unseal(format, bytes);
  if (buffer === undefined) return directories;
  for (let at = 0; at < buffer.length; ) {
    const textLength = buffer.readUInt32LE(at);
    const count = buffer.readUInt32LE(at + 4);
    const text = at + 8;
    const stampStart = text + textLength;
    const digestStart = stampStart + count * stampFields * 8;
    at = digestStart + count * digestBytes;
    const [path = "", ...names] = buffer.toString("latin1", text, stampStart).split("\0");
    // The doubles need not be aligned where they lie.
    const stamps = new Float64Array(
      buffer.buffer.slice(buffer.byteOffset + stampStart, buffer.byteOffset + digestStart),
    );
    directories.set(path, { names, stamps, digests: buffer.subarray(digestStart, at) });
  }
  return directories;
}
