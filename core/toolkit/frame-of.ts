import fs from "node:fs";
import { codeFrame } from "../analyze/code-frame.ts";
import type { Place } from "../errors/place.ts";

/** The lines around a place of a file that can be read. */
export const frameOf = (place: Place): string | undefined => ofText(place, (text) => codeFrame(text, place));

/** The line that a place is on. */
export const lineOf = (place: Place): string | undefined =>
  ofText(place, (text) => text.split(/\r\n|\r|\n/)[place.line - 1] ?? "");

function ofText(place: Place, use: (text: string) => string): string | undefined {
  try {
    return use(fs.readFileSync(place.file, "utf8"));
  } catch (error) {
    // The file may be gone, or no file at all: the message says the place either way.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
