import { availableParallelism } from "node:os";
import { constants, crc32, deflateRaw } from "node:zlib";

/** Bytes that are compressed as one piece. Together with `windowSize` it decides the bytes that come out. */
const blockSize = 1024 * 1024;
/** What a piece may refer back to: deflate's window. */
const windowSize = 32 * 1024;
/** Room for a piece that does not shrink: the result comes in one trip to the pool, where 16 KiB at a time would be many. */
const outputSize = blockSize + 16 * 1024;

export const defaultGzipLevel = 6;

export interface GzipOptions {
  /** 0 to 9. */
  readonly level?: number;
  /** Pieces compressed at the same time; they are in memory, a few MiB each. Never changes the bytes. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
}

/** Who compressed: equal names give equal bytes. */
export const compressorName = (level: number = defaultGzipLevel): string =>
  `zlib ${process.versions.zlib} level ${level}`;

/** No time, no name, no flags, unknown system (RFC 1952, section 2.3). */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty last block with fixed codes (RFC 1951, section 3.2.6): pieces end on a byte and are not last. */
const lastBlock = Buffer.from([0x03, 0x00]);

/** Cuts a stream into blocks of exactly `blockSize` bytes, the last one excepted, however it arrives. */
async function* inBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let block = Buffer.allocUnsafe(blockSize);
  let used = 0;
  for await (const chunk of source) {
    for (let done = 0; done < chunk.byteLength; ) {
      const part = Math.min(blockSize - used, chunk.byteLength - done);
      block.set(chunk.subarray(done, done + part), used);
      used += part;
      done += part;
      if (used < blockSize) continue;
      yield block;
      block = Buffer.allocUnsafe(blockSize);
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}

function compressBlock(block: Buffer, dictionary: Buffer | undefined, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = {
      level,
      chunkSize: outputSize,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(dictionary === undefined ? {} : { dictionary }),
    };
    deflateRaw(block, options, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

function trailer(checksum: number, size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(checksum, 0);
  bytes.writeUInt32LE(size % 2 ** 32, 4);
  return bytes;
}

/**
 * Compresses a stream into one gzip member (RFC 1952), in pieces on the libuv pool as pigz does: each is primed with the
 * end of the one before, so the size is that of a single stream. The bytes depend on the input, the level and zlib's
 * version alone. At most `jobs` + 2 pieces are in memory.
 */
export async function* gzipStream(
  source: AsyncIterable<Uint8Array>,
  options: GzipOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { level = defaultGzipLevel, jobs = availableParallelism(), signal } = options;
  const running: Promise<Buffer>[] = [];
  let dictionary: Buffer | undefined;
  let checksum = 0;
  let size = 0;
  yield header;
  try {
    for await (const block of inBlocks(source)) {
      signal?.throwIfAborted();
      checksum = crc32(block, checksum);
      size += block.length;
      const piece = compressBlock(block, dictionary, level);
      // It may fail before its turn comes: whoever takes it sees the error.
      void Promise.allSettled([piece]);
      running.push(piece);
      dictionary = block.subarray(Math.max(0, block.length - windowSize));
      if (running.length > jobs) yield await takeFirst(running);
    }
    while (running.length > 0) yield await takeFirst(running);
  } finally {
    await Promise.allSettled(running);
  }
  signal?.throwIfAborted();
  yield Buffer.concat([lastBlock, trailer(checksum, size)]);
}

async function takeFirst(running: Promise<Buffer>[]): Promise<Buffer> {
  const result = await (running[0] ?? Promise.resolve(Buffer.alloc(0)));
  void running.shift();
  return result;
}
