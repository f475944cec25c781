import { stripVTControlCharacters } from "node:util";

// Controls but tab and line feed, the C1 set, and what turns the direction of text around (CVE-2021-42574).
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text of others (logs of steps, answers of registries, names in archives) as a terminal may see it: colours and other
 * sequences are left out, a carriage return ends a line, and what is left of controls is written as `\x1b`.
 */
export function plainText(text: string): string {
  // Most text is plain, and `search` keeps no state between calls.
  if (text.search(unprintable) === -1) return text;
  return stripVTControlCharacters(text)
    .replaceAll(/\r+\n|\r/g, "\n")
    .replaceAll(unprintable, (character) => escaped(character.codePointAt(0) ?? 0));
}

const escaped = (code: number): string =>
  code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;

/** The same for every text of a value made of objects, arrays and text. */
export function plainTexts<T>(value: T): T {
  if (typeof value === "string") return plainText(value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => plainTexts(one)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainTexts<unknown>(one)])) as T;
}
