import type { Site } from "../../../declare/site.ts";
import { refuse } from "../refuse.ts";

const plain = /^[\w./:@%+,=~^-]+$/;

/** A name or value as `ENV`, `LABEL`, `WORKDIR` and their like read it: nothing in it is expanded. */
export function word(text: string, site: Site | undefined): string {
  if (text.includes("\n")) {
    throw refuse(
      `${JSON.stringify(text)} has a line break, which no Dockerfile can write there`,
      site,
      "write the value on one line, or put it into a file with file()",
    );
  }
  return plain.test(text) ? text : `"${text.replaceAll(/["\\$]/g, "\\$&")}"`;
}

/** `NAME=VALUE` for each, one a line where there are several. */
export const assignments = (values: Readonly<Record<string, string>>, site: Site | undefined): string =>
  Object.entries(values)
    .map(([name, value]) => `${word(name, site)}=${word(value, site)}`)
    .join(" \\\n    ");

/** In a list (or between blanks) quotes are taken away once more, and `$` is expanded. */
const escaped = (text: string): string => text.replaceAll(/["'\\$]/g, "\\$&");

/** Paths and the like: between blanks as people write them, as a list where one of them could be misread. */
export function paths(words: readonly string[]): string {
  const isPlain = words.every((one) => /^(?!--|<<|\[)[^\s"'\\$#]+$/.test(one));
  return isPlain ? words.join(" ") : list(words.map(escaped));
}

/** A list in JSON, as it is executed. */
export const list = (words: readonly string[]): string =>
  `[${words.map((one) => JSON.stringify(one)).join(", ")}]`;

/** A value in a flag: blanks, quotes and variables have other meanings there, and commas where `separated`. */
export function flagValue(text: string, site: Site | undefined, separated = false): string {
  const special = separated ? /[\s"'\\$,]/ : /[\s"'\\$]/;
  if (!special.test(text) && text !== "") return text;
  throw refuse(
    `${JSON.stringify(text)} cannot be written in a flag of a Dockerfile`,
    site,
    "use a path or pattern without blanks, quotes, commas, backslashes and dollars",
  );
}
