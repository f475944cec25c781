import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";

/** A file's text. Errors `FILE_UNREADABLE`, and `IMPORT_INVALID` where it is no text. */
export function readText(file: string, hint: string): string {
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new TsdockError("FILE_UNREADABLE", `cannot read ${file}: ${code}`, { hint, cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new TsdockError("IMPORT_INVALID", `${file} is not text in UTF-8`, { cause: error });
  }
}

/** Error `OUTPUT_UNWRITABLE`. */
export function writeText(file: string, text: string): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new TsdockError("OUTPUT_UNWRITABLE", `cannot write ${file}: ${code}`, {
      hint: "give another file",
      cause: error,
    });
  }
}

/** Error `IMPORT_EXISTS` for a file that is there and not to be replaced. */
export function refuseExisting(file: string, force: boolean): void {
  if (!force && fs.existsSync(file))
    throw new TsdockError("IMPORT_EXISTS", `${file} exists`, {
      hint: "give another name with -o, or --force to replace it",
    });
}
