import fs from "node:fs";
import path from "node:path";
import { isMissing } from "../../oci/store/store-error.ts";

/** Bytes of all files below; directories that this user may not read count as empty. */
export function sizeOfTree(directory: string): number {
  let total = 0;
  for (const entry of readableEntries(directory)) {
    const file = path.join(directory, entry.name);
    total += entry.isDirectory()
      ? sizeOfTree(file)
      : (fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0);
  }
  return total;
}

function readableEntries(directory: string): readonly fs.Dirent[] {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES" || isMissing(error)) return [];
    throw error;
  }
}
