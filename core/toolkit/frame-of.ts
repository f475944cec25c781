import fs from "node:fs";
import { codeFrame } from "../analyze/code-frame.ts";
import type { Place } from "../errors/place.ts";

/** The lines around a place of a file that can be read. */
export function frameOf(place: Place): string | undefined {
  try {
    return codeFrame(fs.readFileSync(place.file, "utf8"), place);
  } catch (error) {
    // The file may be gone, or no file at all: the message says the place either way.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
