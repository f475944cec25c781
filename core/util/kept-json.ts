import fs from "node:fs";
import path from "node:path";
import { randomHex } from "./random-hex.ts";

/*
 * What is found out once and kept for later runs, by programs that have loaded nothing that makes checksums: the text of the JSON is there
 * twice, and a file that was damaged or cut short is none.
 */

/** What was kept in a file; undefined where there is none that is whole and of this format, which names what it is and its version. */
export function readKept(file: string, format: string): unknown {
  const text = readIfThere(file);
  const half = text.length / 2;
  if (text.slice(0, half) !== text.slice(half)) return undefined;
  const begin = `${format}\n`;
  return text.startsWith(begin) ? JSON.parse(text.slice(begin.length, half)) : undefined;
}

/** Keeps a value of JSON. Where that cannot be it is found out again: who needs to write there says why it cannot. */
export function keep(file: string, format: string, value: unknown): void {
  const text = `${format}\n${JSON.stringify(value)}\n`;
  const temporary = `${file}.${randomHex(8)}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(temporary, text + text);
    fs.renameSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    removeIfThere(temporary);
  }
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return "";
  }
}

function removeIfThere(file: string): void {
  try {
    fs.unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
