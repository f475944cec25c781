import { diskFull } from "../../errors/disk-full.ts";
import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

export const isMissing = (error: unknown): boolean =>
  codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";

/**
 * What a failed write below `directory` means to a person: `DISK_FULL`, `STORE_UNWRITABLE`; anything else is given back
 * as it is. Used as `throw storeError(error, directory)`.
 */
export function storeError(error: unknown, directory: string): unknown {
  if (isTsdockError(error)) return error;
  const full = diskFull(error, directory);
  if (full !== undefined) return full;
  switch (codeOf(error)) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return unwritable(error, directory);
    default:
      return error;
  }
}

export const unwritable = (error: unknown, directory: string): TsdockError =>
  new TsdockError("STORE_UNWRITABLE", `${directory} cannot be written: ${(error as Error).message}`, {
    hint: "set TSDOCK_HOME to a directory of your own, or give this one back to your user",
    cause: error,
  });
