import fs from "node:fs";
import type { ErrorCode } from "../errors/codes.ts";
import { TsdockError } from "../errors/tsdock-error.ts";

export interface DocumentFile {
  /** Absolute. */
  readonly file: string;
  /** For messages: `the plan`. */
  readonly what: string;
  /** Of the error where it cannot be read. */
  readonly code: ErrorCode;
  /** Which file is meant. */
  readonly hint: string;
}

/** The text of a file that somebody named. */
export function readDocument({ file, what, code, hint }: DocumentFile): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    const { code: reason } = error as NodeJS.ErrnoException;
    if (reason === undefined) throw error;
    throw new TsdockError(code, `${what} ${file} cannot be read: ${reason}`, { hint });
  }
}
