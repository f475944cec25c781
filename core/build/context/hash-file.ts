import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { nativePath, showPath } from "../../oci/layer/byte-path.ts";
import { unreadable } from "../../oci/layer/unreadable-content.ts";
import type { ByteString } from "../../oci/layer/entry.ts";

const buffer = Buffer.allocUnsafeSlow(256 * 1024);

/** The SHA-256 of a range of an open file, 64 hex digits. Fewer bytes than `size` are error `FILE_CHANGED`. */
export function hashRange(fd: number, path: ByteString, offset: number, size: number): string {
  const hash = createHash("sha256");
  for (let done = 0; done < size; ) {
    const count = readSync(fd, buffer, 0, Math.min(buffer.length, size - done), offset + done);
    if (count === 0) throw changed(path);
    hash.update(buffer.subarray(0, count));
    done += count;
  }
  return hash.digest("hex");
}

/**
 * The SHA-256 of a file's content with what `fstat` says of it: equal before and after, so that both belong together.
 * Errors `FILE_UNREADABLE`, `FILE_CHANGED`.
 */
export function hashFile(path: ByteString): { readonly digest: string; readonly stats: Stats } {
  const fd = open(path);
  try {
    const before = fstatSync(fd);
    const digest = hashRange(fd, path, 0, before.size);
    const stats = fstatSync(fd);
    if (stats.size !== before.size || stats.mtimeMs !== before.mtimeMs) throw changed(path);
    return { digest, stats };
  } catch (error) {
    throw error instanceof TsdockError ? error : unreadable(path, error);
  } finally {
    closeSync(fd);
  }
}

function open(path: ByteString): number {
  try {
    return openSync(nativePath(path), "r");
  } catch (error) {
    throw unreadable(path, error);
  }
}

export const changed = (path: ByteString): TsdockError =>
  new TsdockError("FILE_CHANGED", `${showPath(path)} changed while it was read`, {
    hint: "another process is writing it: build again when it is done",
  });
