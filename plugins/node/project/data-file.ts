import { createRequire } from "node:module";
import { type ErrorCode, TsdockError } from "tsdock/plugin";

/** A text file of the workspace. */
export interface DataFile {
  /** Absolute: for places. */
  readonly path: string;
  readonly text: string;
}

export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export const placeAt = ({ path, text }: DataFile, offset: number): FilePlace => {
  const before = text.slice(0, offset).split("\n");
  return { file: path, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
};

/** Where a text stands first in a file; the file's beginning where it does not. */
export const placeOf = (file: DataFile, needle: string): FilePlace =>
  placeAt(file, Math.max(0, file.text.indexOf(needle)));

const yaml = (): typeof import("js-yaml") =>
  createRequire(import.meta.url)("js-yaml") as typeof import("js-yaml");

const conflictMarker = /^(?:<{7}|={7}|>{7})(?: |$)/m;

/** Git leaves these where two branches changed a file. */
export function refuseConflict(file: DataFile, code: ErrorCode): void {
  const found = conflictMarker.exec(file.text);
  if (found === null) return;
  throw new TsdockError(code, "the file holds the marks of a merge conflict", {
    place: placeAt(file, found.index),
    hint: "settle it: let the package manager write its lockfile again",
  });
}

/** The value of a JSON file; `code` with the place where it is none. */
export function parseJson(file: DataFile, code: ErrorCode): unknown {
  refuseConflict(file, code);
  try {
    return JSON.parse(file.text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const { message } = error as SyntaxError;
    throw new TsdockError(
      code,
      `the file is not JSON: ${message.replace(/, ".*" is not valid JSON$/s, "")}`,
      {
        place: mistakeIn(file, message),
        hint: "restore it from version control, or let the package manager write it again",
      },
    );
  }
}

/** The value of a JSON file that may have comments and commas at the end of lists, as tsconfigs do. Their places are kept. */
export function parseJsonWithComments(file: DataFile, code: ErrorCode): unknown {
  const blank = (text: string): string => text.replace(/[^\n]/g, " ");
  const plain = file.text.replace(
    /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[^]*?\*\//g,
    (whole, quoted: string | undefined) => quoted ?? blank(whole),
  );
  const text = plain.replace(
    /("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g,
    (_whole, quoted: string | undefined) => quoted ?? " ",
  );
  return text.trim() === "" ? {} : parseJson({ ...file, text }, code);
}

/** V8 tells the position of some mistakes only; JSON is YAML too, whose parser tells all of them. */
function mistakeIn(file: DataFile, message: string): FilePlace {
  const offset = / at position (\d+)/.exec(message)?.[1];
  if (offset !== undefined) return placeAt(file, Number(offset));
  if (message.startsWith("Unexpected end")) return placeAt(file, file.text.length);
  const { load, YAMLException } = yaml();
  try {
    load(file.text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { file: file.path, line: error.mark.line + 1, column: error.mark.column + 1 };
  }
  return placeAt(file, 0);
}

/** The documents of a YAML file; `code` with the place where it is none. Aliases and merges are not resolved into more than the file holds. */
export function parseYamlDocuments(file: DataFile, code: ErrorCode): readonly unknown[] {
  refuseConflict(file, code);
  const { loadAll, YAMLException, JSON_SCHEMA } = yaml();
  try {
    return loadAll(file.text, undefined, { schema: JSON_SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new TsdockError(code, `the file is not YAML: ${error.reason}`, {
      place: { file: file.path, line: error.mark.line + 1, column: error.mark.column + 1 },
      hint: "restore it from version control, or let the package manager write it again",
    });
  }
}

export type Members = Readonly<Record<string, unknown>>;
export const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The members of an object that are text. */
export const textMembers = (value: unknown): Readonly<Record<string, string>> =>
  isMembers(value)
    ? Object.fromEntries(
        Object.entries(value).filter((member): member is [string, string] => typeof member[1] === "string"),
      )
    : {};
export const textList = (value: unknown): readonly string[] | undefined => {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : undefined;
};
export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
