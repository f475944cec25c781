import { createHash } from "node:crypto";
import fs from "node:fs";

const batchBytes = 1 << 20;

/** What a stream was, once it is written. */
export interface WrittenStream {
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly size: number;
}

/**
 * Writes a stream to a new file and digests it on the way, in batches of about a mebibyte: small chunks of a network
 * would each cost a trip to the thread pool. `onSize` is told the size so far and may throw to stop.
 */
export async function writeStream(
  stream: AsyncIterable<Uint8Array>,
  file: string,
  onSize: (size: number) => void,
  signal?: AbortSignal,
): Promise<WrittenStream> {
  const hash = createHash("sha256");
  const handle = await fs.promises.open(file, "wx");
  let batch: Uint8Array[] = [];
  let waiting = 0;
  let size = 0;
  const flush = async (): Promise<void> => {
    if (waiting > 0) await handle.writev(batch);
    batch = [];
    waiting = 0;
  };
  try {
    for await (const chunk of stream) {
      signal?.throwIfAborted();
      size += chunk.byteLength;
      onSize(size);
      hash.update(chunk);
      batch.push(chunk);
      waiting += chunk.byteLength;
      if (waiting >= batchBytes) await flush();
    }
    await flush();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest("hex"), size };
}
