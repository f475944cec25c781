import { TsdockError } from "../../errors/tsdock-error.ts";
import type { ByteString } from "./entry.ts";

export const blockSize = 512;
/** Bytes of content as an archive holds them: in whole blocks. */
export const paddedSize = (size: number): number => Math.ceil(size / blockSize) * blockSize;

/** One header block as it is written, before extended headers apply (POSIX pax, "ustar Interchange Format"). */
export interface TarHeader {
  /** The type flag; `0` for the NUL of old archives. */
  readonly type: string;
  readonly name: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly linkName: ByteString;
  readonly major: number;
  readonly minor: number;
}

export const invalidTar = (message: string, offset: number, cause?: unknown): TsdockError =>
  new TsdockError("LAYER_INVALID", `not a valid tar archive: ${message} (at byte ${offset})`, {
    hint: "the layer is damaged or was made by a broken tool",
    cause,
  });

/** Text up to the first NUL. */
export function headerText(block: Buffer, start: number, length: number): ByteString {
  const end = block.indexOf(0, start);
  return block.toString("latin1", start, end === -1 || end > start + length ? start + length : end);
}

function base256(block: Buffer, start: number, length: number): number | undefined {
  const negative = ((block[start] ?? 0) & 0x40) !== 0;
  const flip = negative ? 0xff : 0;
  let value = ((block[start] ?? 0) ^ flip) & 0x7f;
  for (let i = start + 1; i < start + length; i++) value = value * 256 + ((block[i] ?? 0) ^ flip);
  const signed = negative ? -1 - value : value;
  return Number.isSafeInteger(signed) ? signed : undefined;
}

/** A numeric field: octal digits between spaces and NULs, or base 256 where the first bit is set. Empty is 0. */
export function headerNumber(block: Buffer, start: number, length: number): number | undefined {
  if (((block[start] ?? 0) & 0x80) !== 0) return base256(block, start, length);
  let i = start;
  const end = start + length;
  while (i < end && block[i] === 0x20) i++;
  let value = 0;
  for (; i < end; i++) {
    const byte = block[i] ?? 0;
    if (byte === 0 || byte === 0x20) break;
    if (byte < 0x30 || byte > 0x37) return undefined;
    value = value * 8 + byte - 0x30;
  }
  return value;
}

/** True for a block of zeros: the end of an archive is two of them. */
export function isZeroBlock(block: Buffer, start: number): boolean {
  for (let i = start; i < start + blockSize; i++) if (block[i] !== 0) return false;
  return true;
}

/** Sums the block with spaces for the checksum itself; old archives summed signed bytes. */
function checksumValid(block: Buffer, start: number): boolean {
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let i = 0; i < blockSize; i++) {
    if (i === 148) i = 156;
    const byte = block[start + i] ?? 0;
    unsigned += byte;
    if (byte > 127) signed -= 256;
  }
  const stored = headerNumber(block, start + 148, 8);
  return stored === unsigned || stored === unsigned + signed - 8 * 0x20;
}

/** The name with its prefix: GNU headers keep times where ustar has it, star's prefix is 131 bytes long. */
function headerName(block: Buffer, at: number): ByteString {
  const name = headerText(block, at, 100);
  if (block.toString("latin1", at + 257, at + 263) !== "ustar\0") return name;
  const prefix = headerText(
    block,
    at + 345,
    block.toString("latin1", at + 508, at + 512) === "tar\0" ? 131 : 155,
  );
  return prefix === "" ? name : `${prefix}/${name}`;
}

/**
 * Decodes the block at `at` of the buffer; `offset` is its position in the archive, for messages.
 * Error `LAYER_INVALID` for a wrong checksum or a field that is no number.
 */
export function decodeHeader(block: Buffer, at: number, offset: number): TarHeader {
  if (!checksumValid(block, at)) throw invalidTar("the checksum of a header is wrong", offset);
  const number = (field: string, start: number, length: number): number => {
    const value = headerNumber(block, at + start, length);
    if (value === undefined) throw invalidTar(`the ${field} of a header is not a number`, offset);
    return value;
  };
  const flag = block[at + 156] ?? 0;
  const device = flag === 0x33 || flag === 0x34;
  return {
    type: flag === 0 ? "0" : String.fromCharCode(flag),
    name: headerName(block, at),
    mode: number("mode", 100, 8) & 0o7777,
    uid: number("uid", 108, 8),
    gid: number("gid", 116, 8),
    size: number("size", 124, 12),
    mtime: number("time", 136, 12),
    linkName: headerText(block, at + 157, 100),
    major: device ? number("major device number", 329, 8) : 0,
    minor: device ? number("minor device number", 337, 8) : 0,
  };
}
