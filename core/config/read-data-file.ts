import { createRequire } from "node:module";
import { TsdockError } from "../errors/tsdock-error.ts";

/** The value of a JSON file; what is wrong with it as `CONFIG_INVALID` with its place. */
export function readJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const { message } = error as SyntaxError;
    // V8 quotes the text around the mistake, which the code frame shows better.
    const what = message
      .replace(/, (?:\.\.\.)?"[\s\S]*$/, "")
      .replace(/ in JSON at position \d+[\s\S]*$/, "");
    throw new TsdockError("CONFIG_INVALID", `the file is not JSON: ${what}`, {
      place: { file, ...mistakeIn(text, message) },
      hint: "look for a comma or a bracket that is missing or too many just before; JSON has no comments",
    });
  }
}

/** V8 says the position of some mistakes only; JSON is YAML too, whose parser says all of them. */
function mistakeIn(text: string, message: string): { readonly line: number; readonly column: number } {
  const offset = / at position (\d+)/.exec(message)?.[1];
  if (offset !== undefined) {
    const before = text.slice(0, Number(offset)).split("\n");
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
  const yaml = createRequire(import.meta.url)("js-yaml") as typeof import("js-yaml");
  try {
    yaml.load(text);
  } catch (error) {
    if (!(error instanceof yaml.YAMLException)) throw error;
    return { line: error.mark.line + 1, column: error.mark.column + 1 };
  }
  return { line: 1, column: 1 };
}

/** The value of a YAML file; what is wrong with it as `CONFIG_INVALID` with its place. */
export function readYaml(file: string, text: string): unknown {
  const yaml = createRequire(import.meta.url)("js-yaml") as typeof import("js-yaml");
  try {
    return yaml.load(text, { filename: file });
  } catch (error) {
    if (!(error instanceof yaml.YAMLException)) throw error;
    const { reason, mark } = error;
    const place = { file, line: mark.line + 1, column: mark.column + 1 };
    const hint = "look at the indentation and at quotes that are not closed, here and in the line before";
    throw new TsdockError("CONFIG_INVALID", `the file is not YAML: ${reason}`, { place, hint });
  }
}
