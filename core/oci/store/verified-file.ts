import { createHash } from "node:crypto";
import fs from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { type Digest } from "../spec/digest.ts";
import { isMissing } from "./store-error.ts";

/** Bytes per chunk of a file that is read as a stream. */
export const readChunkBytes = 1 << 20;

/**
 * The bytes of a blob's file from `start` on. All are read and digested, those before `start` too: a part proves nothing.
 * Errors `BLOB_MISSING`, and `BLOB_CORRUPT` at the end. `where` is for the message.
 */
export async function* readVerified(
  file: string,
  digest: Digest,
  start = 0,
  where = "the store",
): AsyncGenerator<Uint8Array> {
  const handle = await fs.promises.open(file, "r").catch((error: unknown) => {
    throw isMissing(error) ? missingBlob(digest, where) : error;
  });
  try {
    const hash = createHash("sha256");
    const { size } = await handle.stat();
    for (let position = 0; position < size; ) {
      // Most blobs are small: a buffer for each must not be large.
      const length = Math.min(readChunkBytes, size - position);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      if (position + bytesRead > start) yield chunk.subarray(Math.max(0, start - position));
      position += bytesRead;
    }
    if (`sha256:${hash.digest("hex")}` !== digest) throw corruptBlob(digest, where);
  } finally {
    await handle.close();
  }
}

export const missingBlob = (digest: Digest, where = "the store"): TsdockError =>
  new TsdockError("BLOB_MISSING", `${digest} is not in ${where}`, { hint: "build or pull the image again" });

export const corruptBlob = (digest: Digest, where = "the store"): TsdockError =>
  new TsdockError("BLOB_CORRUPT", `${digest} in ${where} is damaged: its content has another digest`, {
    hint: "run `tsdock doctor --repair`, then build or pull again",
  });
