import { Readable } from "node:stream";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Compression } from "../spec/media-types.ts";

export interface DecompressOptions {
  /** Bytes that may come out; more is error `LAYER_TOO_LARGE`. Guards against archives that grow a thousandfold. */
  readonly maxSize?: number;
}

const chunkSize = 256 * 1024;

const invalid = (name: string, cause: unknown): TsdockError =>
  new TsdockError(
    "LAYER_INVALID",
    `the layer is not valid ${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      hint: "it is damaged, or its media type is wrong",
      cause,
    },
  );

/** Errors of zlib have codes such as `Z_DATA_ERROR`; those of the source pass through. */
const isZlibError = (error: unknown): boolean =>
  error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith("Z_");

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const { createGunzip } = await import("node:zlib");
  const input = Readable.from(source, { objectMode: false, highWaterMark: 1024 * 1024 });
  const output = createGunzip({ chunkSize });
  input.on("error", (error) => output.destroy(error));
  input.pipe(output);
  try {
    for await (const chunk of output) yield chunk as Buffer;
  } catch (error) {
    throw isZlibError(error) ? invalid("gzip", error) : error;
  } finally {
    input.destroy();
    output.destroy();
  }
}

async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const { Decompress } = await import("fzstd");
  const ready: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => {
    if (chunk.byteLength > 0) ready.push(chunk);
  });
  const push = (chunk: Uint8Array, last: boolean): Uint8Array[] => {
    try {
      decoder.push(chunk, last);
    } catch (error) {
      throw invalid("zstd", error);
    }
    return ready.splice(0);
  };
  let seen = false;
  for await (const chunk of source) {
    seen ||= chunk.byteLength > 0;
    // Small pieces: what one push gives is in memory at once.
    for (let at = 0; at < chunk.byteLength; at += 64 * 1024)
      yield* push(chunk.subarray(at, at + 64 * 1024), false);
  }
  if (!seen) throw invalid("zstd", "it is empty");
  yield* push(new Uint8Array(0), true);
}

/**
 * Decompresses a layer: gzip of one or many members, zstd, or none. Memory is bounded by the chunks that arrive.
 * Errors `LAYER_INVALID` for damaged or truncated data, `LAYER_TOO_LARGE`; the source's own errors pass through.
 */
export async function* decompressStream(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxSize = Number.POSITIVE_INFINITY } = options;
  const plain = compression === "gzip" ? gunzip(source) : compression === "zstd" ? unzstd(source) : source;
  let size = 0;
  for await (const chunk of plain) {
    size += chunk.byteLength;
    if (size > maxSize) {
      throw new TsdockError(
        "LAYER_TOO_LARGE",
        `the layer has more than the ${maxSize} bytes that are allowed`,
      );
    }
    yield chunk;
  }
}
