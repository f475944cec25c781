import fs from "node:fs";
import path from "node:path";
import type { KeptTransforms } from "./kept-transforms.ts";
import type { LoadFailure, SourceOverlay } from "./load-report.ts";
import { needsTransform, type SyntaxMistake, transformModule } from "./transform-module.ts";

export interface LoadedSource {
  readonly format: "module" | "commonjs";
  readonly source: string;
  readonly shortCircuit: true;
}

/** Records a failure and throws the error that stands for it. */
export type Fail = (failure: LoadFailure) => never;

/** The source of one of the user's files as Node can run it; undefined leaves the file to Node. */
export function loadFile(
  file: string,
  fail: Fail,
  overlay: SourceOverlay = {},
  transforms?: KeptTransforms,
): LoadedSource | undefined {
  const was = overlay[file];
  const loaded = loadText(file, fail, was, transforms);
  // Node would read what is there now.
  if (loaded === undefined && was !== undefined)
    return fail({ type: "unreadable", file, reason: "it is CommonJS, which runs only as it is now" });
  return loaded;
}

function loadText(
  file: string,
  fail: Fail,
  was: string | null | undefined,
  transforms: KeptTransforms | undefined,
): LoadedSource | undefined {
  const extension = path.extname(file);
  if (extension === ".cjs") return undefined;
  if (was === null) return fail({ type: "unreadable", file, reason: "ENOENT" });
  const text = was ?? readText(file, fail);
  if (extension === ".json")
    return { format: "module", source: jsonModule(file, text, fail), shortCircuit: true };
  if (!needsTransform(file)) return loadJavaScript(file, text, fail);
  const transform = (): string => {
    const { code, mistakes } = transformModule(file, text);
    return mistakes.length > 0 ? fail({ type: "syntax", file, text, mistakes }) : code;
  };
  const source = transforms === undefined ? transform() : transforms.code(file, text, transform);
  return { format: extension === ".cts" ? "commonjs" : "module", source, shortCircuit: true };
}

function readText(file: string, fail: Fail): string {
  try {
    return fs.readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    return fail({ type: "unreadable", file, reason: (error as NodeJS.ErrnoException).code ?? String(error) });
  }
}

/** JavaScript runs as it is written; it is parsed here so that mistakes in it look like all others. */
function loadJavaScript(file: string, text: string, fail: Fail): LoadedSource | undefined {
  if (path.extname(file) === ".js" && !isInModulePackage(file) && isCommonJs(file, text)) return undefined;
  const { mistakes } = transformModule(file, text);
  if (mistakes.length > 0) fail({ type: "syntax", file, text, mistakes });
  return { format: "module", source: text, shortCircuit: true };
}

/** Without `type` in its package.json a file is what its syntax says: `import` and `export` are errors in CommonJS. */
const isCommonJs = (file: string, text: string): boolean =>
  transformModule(file, text, { sourceType: "commonjs" }).mistakes.length === 0;

function isInModulePackage(file: string): boolean {
  for (let directory = path.dirname(file); ; directory = path.dirname(directory)) {
    const manifest = path.join(directory, "package.json");
    if (fs.existsSync(manifest)) return /"type"\s*:\s*"module"/.test(fs.readFileSync(manifest, "utf8"));
    if (directory === path.dirname(directory)) return false;
  }
}

function jsonModule(file: string, text: string, fail: Fail): string {
  try {
    JSON.parse(text);
  } catch (error) {
    fail({ type: "syntax", file, text, mistakes: [jsonMistake(text, error as Error)] });
  }
  return `export default JSON.parse(${JSON.stringify(text)})`;
}

/** V8 tells the position of some mistakes only; a parser of JavaScript finds most of the others. */
function jsonMistake(text: string, error: Error): SyntaxMistake {
  const told = / at position (\d+)/.exec(error.message)?.[1];
  const [mistake] = transformModule("value.js", `(${text}\n)`).mistakes;
  const offset = told === undefined ? (mistake?.offset ?? 1) - 1 : Number(told);
  return { message: error.message, offset: Math.min(offset, text.length), length: 1, help: null };
}
