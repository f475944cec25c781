import { createRequire } from "node:module";
import path from "node:path";
import { TsdockError } from "tsdock/plugin";
import { type DataFile, placeAt, placeOf } from "../project/data-file.ts";

const outputs: Readonly<Record<string, { readonly to: string; readonly lang: "ts" | "tsx" | "jsx" }>> = {
  ".ts": { to: ".js", lang: "ts" },
  ".tsx": { to: ".js", lang: "tsx" },
  ".mts": { to: ".mjs", lang: "ts" },
  ".cts": { to: ".cjs", lang: "ts" },
  ".jsx": { to: ".js", lang: "jsx" },
};

/** What a file is called once it is compiled. */
export function outputName(file: string): string {
  const { ext } = path.posix.parse(file);
  const to = outputs[ext]?.to;
  return to === undefined || /\.d\.[mc]?ts$/.test(file) ? file : `${file.slice(0, -ext.length)}${to}`;
}

export const isScript = (file: string): boolean => /\.[mc]?[jt]sx?$/.test(file);

/** TypeScript and JSX as JavaScript; anything else as it is. Types are removed, not checked. Error `MODULE_SYNTAX`. */
export function compileFile(file: DataFile): string {
  const known = outputs[path.extname(file.path)];
  if (known === undefined) return file.text;
  const { transformSync } = createRequire(import.meta.url)("oxc-transform") as typeof import("oxc-transform");
  const { code, errors } = transformSync(file.path, file.text, {
    lang: known.lang,
    sourceType: path.extname(file.path) === ".cts" ? "unambiguous" : "module",
    target: "node20",
    decorator: { legacy: true },
  });
  const [error] = errors;
  if (error === undefined) {
    if (code.includes("@oxc-project/runtime")) throw needsHelpers(file);
    return code;
  }
  // the transformer counts bytes
  const offset = Buffer.from(file.text)
    .subarray(0, error.labels[0]?.start ?? 0)
    .toString().length;
  throw new TsdockError("MODULE_SYNTAX", error.message, {
    place: placeAt(file, offset),
    hint: error.helpMessage ?? undefined,
  });
}

/** Decorators become calls of helpers, which no file of the workspace has. */
const needsHelpers = (file: DataFile): TsdockError =>
  new TsdockError("UNSUPPORTED", "the module uses decorators, which are not compiled here", {
    place: placeOf(file, "@"),
    hint: "compile it with the project's own compiler, and name what that gives",
  });
