import type { ByteString } from "./entry.ts";
import { blockSize, headerNumber, invalidTar } from "./tar-header.ts";

/** Bytes of a sparse file that the archive holds: `size` of them from `offset` of the archive, at `at` in the file. */
export interface SparseSegment {
  readonly at: number;
  readonly offset: number;
  readonly size: number;
}

export interface SparseContent {
  /** Bytes of the file with its holes. */
  readonly size: number;
  readonly segments: readonly SparseSegment[];
}

/** Reads bytes of the archive; the buffer is good until the next call. */
export type ReadArchive = (offset: number, length: number) => Buffer;

/** Places the pieces behind one another in the archive and checks that they lie in order within the file and the data. */
function placeSegments(
  pieces: readonly number[],
  size: number,
  start: number,
  stored: number,
): SparseContent {
  const segments: SparseSegment[] = [];
  let offset = start;
  let end = 0;
  for (let i = 0; i < pieces.length; i += 2) {
    const at = pieces[i] ?? -1;
    const length = pieces[i + 1] ?? -1;
    if (
      !Number.isSafeInteger(at) ||
      !Number.isSafeInteger(length) ||
      length < 0 ||
      at < end ||
      at + length > size
    ) {
      throw invalidTar("the map of a sparse file is not in order", start);
    }
    end = at + length;
    if (length > 0) segments.push({ at, offset, size: length });
    offset += length;
  }
  if (offset - start > stored) throw invalidTar("a sparse file has less data than its map says", start);
  return { size, segments };
}

/** Pairs of offset and length in a header or extension block; one with an empty field ends the list. */
function pairsOf(block: Buffer, start: number, count: number, offset: number, into: number[]): void {
  for (let i = 0; i < count; i++) {
    const field = start + i * 24;
    if (block[field] === 0 || block[field + 12] === 0) return;
    const at = headerNumber(block, field, 12);
    const length = headerNumber(block, field + 12, 12);
    if (at === undefined || length === undefined)
      throw invalidTar("the map of a sparse file is not numbers", offset);
    into.push(at, length);
  }
}

/** The old GNU format (type `S`): four pairs in the header, more in extension blocks behind it. `dataOffset` is where content begins. */
export function oldSparse(
  read: ReadArchive,
  headerOffset: number,
  stored: number,
): SparseContent & { readonly dataOffset: number } {
  const pieces: number[] = [];
  const header = read(headerOffset, blockSize);
  pairsOf(header, 386, 4, headerOffset, pieces);
  const size = headerNumber(header, 483, 12);
  if (size === undefined || size < 0)
    throw invalidTar("the size of a sparse file is not a number", headerOffset);
  let more = header[482] !== 0;
  let offset = headerOffset + blockSize;
  while (more) {
    const block = read(offset, blockSize);
    pairsOf(block, 0, 21, offset, pieces);
    more = block[504] !== 0;
    offset += blockSize;
  }
  return { ...placeSegments(pieces, size, offset, stored), dataOffset: offset };
}

/** Decimal numbers, one a line, at the head of the data (format 1.0). */
function leadingMap(read: ReadArchive, start: number, stored: number): { pieces: number[]; length: number } {
  const numbers: number[] = [];
  let text = "";
  let blocks = 0;
  let wanted = 1;
  while (numbers.length < wanted) {
    if (blocks * blockSize >= stored) throw invalidTar("the map of a sparse file ends early", start);
    text += read(start + blocks * blockSize, blockSize).toString("latin1", 0, blockSize);
    blocks++;
    for (let end = text.indexOf("\n"); end !== -1 && numbers.length < wanted; end = text.indexOf("\n")) {
      const line = text.slice(0, end);
      if (!/^[0-9]{1,15}$/.test(line)) throw invalidTar("the map of a sparse file is not numbers", start);
      numbers.push(Number(line));
      text = text.slice(end + 1);
      if (numbers.length === 1) wanted = 1 + 2 * Number(line);
    }
  }
  return { pieces: numbers.slice(1), length: blocks * blockSize };
}

/** The pax formats 0.0, 0.1 and 1.0 (GNU tar manual, "Storing Sparse Files"); undefined for a file that is not sparse. */
export function paxSparse(
  read: ReadArchive,
  records: readonly (readonly [ByteString, ByteString])[],
  start: number,
  stored: number,
): SparseContent | undefined {
  const last = new Map(records);
  const version = `${last.get("GNU.sparse.major") ?? "0"}.${last.get("GNU.sparse.minor") ?? "0"}`;
  const sizeText = last.get("GNU.sparse.realsize") ?? last.get("GNU.sparse.size");
  if (sizeText === undefined) return undefined;
  const size = Number(sizeText);
  if (!/^[0-9]{1,15}$/.test(sizeText)) throw invalidTar("the size of a sparse file is not a number", start);
  if (version === "1.0") {
    const { pieces, length } = leadingMap(read, start, stored);
    return placeSegments(pieces, size, start + length, stored - length);
  }
  const map = last.get("GNU.sparse.map");
  const pieces =
    map === undefined
      ? records
          .filter(([key]) => key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes")
          .map(([, value]) => Number(value))
      : map === ""
        ? []
        : map.split(",").map(Number);
  if (pieces.length % 2 !== 0) throw invalidTar("the map of a sparse file is not pairs", start);
  return placeSegments(pieces, size, start, stored);
}
