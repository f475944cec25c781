import fs from "node:fs";
import path from "node:path";
import { codes } from "../../core/errors/codes.ts";
import { warningCodes } from "../../core/errors/warning-codes.ts";

const source = path.resolve(import.meta.dirname, "../../core/errors/codes.ts");

/** The codes under the headings that stand as comments in their file. */
function sections(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let heading = "";
  for (const line of fs.readFileSync(source, "utf8").split("\n")) {
    heading = /^ {2}\/\/ (.+)$/.exec(line)?.[1] ?? heading;
    const code = /^ {2}([A-Z0-9_]+): \[/.exec(line)?.[1];
    if (code !== undefined) found.set(heading, [...(found.get(heading) ?? []), code]);
  }
  return found;
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** `docs/errors.md`. */
export function errorsPage(): string {
  const known = new Map<string, readonly [number, string]>(Object.entries(codes));
  const errors = [...sections()].flatMap(([heading, names]) => [
    `## ${capital(heading)}`,
    "",
    ...names.map((name) => {
      const [exitCode, meaning] = known.get(name) ?? [NaN, ""];
      return `- \`${name}\` (${exitCode}): ${meaning}`;
    }),
    "",
  ]);
  const warnings = Object.entries(warningCodes).map(([name, meaning]) => `- \`${name}\`: ${meaning}`);
  return [
    "# Error codes",
    "",
    "<!-- Made by `npm run docs` from core/errors. -->",
    "",
    "Every expected failure has a code, which stands after `error` on the terminal and in `code` of JSON documents. The number is the exit",
    "code that it ends `tsdock` with: 2 where it was found before any work began, 1 where a build, a publish or a run failed. Of several",
    "failures the smallest counts. `tsdock run` ends with 125 for all of them. Codes are added, never renamed.",
    "",
    ...errors,
    "## Warnings",
    "",
    "They stop nothing and do not change the exit code.",
    "",
    ...warnings,
    "",
  ].join("\n");
}
