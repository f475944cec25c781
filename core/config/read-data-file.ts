import { createRequire } from "node:module";
import type { YAMLException } from "js-yaml";
import { TsdockError } from "../errors/tsdock-error.ts";

/** The value of a JSON file; what is wrong with it as `CONFIG_INVALID` with its place. */
export function readJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const { message } = error as SyntaxError;
    const offset = Number(/ at position (\d+)/.exec(message)?.[1] ?? 0);
    const before = text.slice(0, offset).split("\n");
    const place = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    throw new TsdockError("CONFIG_INVALID", `the file is not JSON: ${message}`, { place });
  }
}

/** The value of a YAML file; what is wrong with it as `CONFIG_INVALID` with its place. */
export function readYaml(file: string, text: string): unknown {
  const yaml = createRequire(import.meta.url)("js-yaml") as typeof import("js-yaml");
  try {
    return yaml.load(text, { filename: file });
  } catch (error) {
    if (!(error instanceof yaml.YAMLException)) throw error;
    const { reason, mark } = error as YAMLException;
    const place = { file, line: mark.line + 1, column: mark.column + 1 };
    throw new TsdockError("CONFIG_INVALID", `the file is not YAML: ${reason}`, { place });
  }
}
