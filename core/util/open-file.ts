import fs from "node:fs";
import { TsdockError } from "../errors/tsdock-error.ts";

/** The bytes of a file that a user named. Error `FILE_UNREADABLE`. */
export async function* openFile(
  file: string | Buffer,
  range?: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  try {
    yield* fs.createReadStream(file, { highWaterMark: 1 << 20, ...range }) as AsyncIterable<Buffer>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new TsdockError("FILE_UNREADABLE", `${file.toString()} cannot be read: ${message}`, {
      cause: error,
      hint: "check the path and its permissions",
    });
  }
}
