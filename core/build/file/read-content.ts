import { closeSync, openSync, readSync } from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { nativePath, showPath } from "../../oci/layer/byte-path.ts";
import { unreadable } from "../../oci/layer/unreadable-content.ts";
import type { FileEntry } from "../../oci/layer/entry.ts";

const limit = 16 << 20;

/** The content of a small file (at most 16 MiB). Errors `FILE_UNREADABLE`, `LAYER_TOO_LARGE`. */
export function readContent({ content, size, path }: FileEntry): Uint8Array {
  if (content instanceof Uint8Array) return content;
  if (size > limit)
    throw new TsdockError(
      "LAYER_TOO_LARGE",
      `${showPath(path)} has ${size} bytes, more than anyone reads of such a file`,
    );
  const bytes = Buffer.alloc(size);
  const fd = openSync(nativePath(content.path), "r");
  try {
    let done = 0;
    for (let count = 1; done < size && count > 0; done += count) {
      count = readSync(fd, bytes, done, size - done, (content.offset ?? 0) + done);
    }
    return bytes.subarray(0, done);
  } catch (error) {
    throw unreadable(content.path, error);
  } finally {
    closeSync(fd);
  }
}
