import fs from "node:fs";
import path from "node:path";
import { isMissing, storeError } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";

/**
 * Replaces a file so that readers see the old bytes or the new ones. Not synced: after a power failure the file may be
 * empty, so this is for what can be made again and whose readers notice (caches and their records).
 * Synchronous: one write of a small file is quicker than a trip to the thread pool.
 */
export function replaceFile(temps: TempFiles, target: string, bytes: Uint8Array | string): void {
  const temporary = temps.path();
  try {
    fs.writeFileSync(temporary, bytes);
    renameInto(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw storeError(error, path.dirname(target));
  }
}

/** As `replaceFile`, and on the disk before it is visible. */
export async function replaceFileDurably(
  temps: TempFiles,
  target: string,
  bytes: Uint8Array | string,
): Promise<void> {
  const temporary = temps.path();
  try {
    await fs.promises.writeFile(temporary, bytes, { flush: true });
    renameInto(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw storeError(error, path.dirname(target));
  }
}

/** Renames, making the parent directory where it is not there yet. */
export function renameInto(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.renameSync(from, to);
  }
}
