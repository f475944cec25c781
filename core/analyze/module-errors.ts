import fs from "node:fs";
import { image } from "../declare/image.ts";
import type { Place } from "../errors/place.ts";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import { nearestNames } from "../graph/nearest-names.ts";
import { cycleError } from "./loading/cycle-error.ts";
import { ModuleExit } from "./loading/guard-exit.ts";
import type { ImportGraph } from "./loading/import-graph.ts";
import { failureIndex, type ImportEdge, type LoadFailure } from "./loading/load-report.ts";
import { missingExportError } from "./loading/missing-export-error.ts";
import { ModuleStuck } from "./loading/module-stuck.ts";
import { stackPlaces } from "./loading/thrown-place.ts";
import { createSiteMapper } from "./site-mapper.ts";
import { importPlace, parseModule } from "./source-places.ts";
import { positionAt } from "./text-position.ts";

export interface Failed {
  readonly file: string;
  readonly error: unknown;
}

export interface FailedLoad {
  readonly failed: readonly Failed[];
  readonly exits: readonly ModuleExit[];
  readonly stuck: readonly string[];
  readonly timeoutMs: number;
  readonly failures: readonly LoadFailure[];
  readonly edges: readonly ImportEdge[];
  readonly imports: ImportGraph;
}

/** What went wrong in a load, for the author: each mistake once, though it may have stopped many modules. */
export function errorsOf(load: FailedLoad): readonly TsdockError[] {
  const seen = new Set<unknown>();
  const errors: TsdockError[] = [];
  const exits = load.exits.map((error) => ({ file: "", error }));
  for (const failed of [...exits, ...load.failed]) {
    const key = failureIndex(failed.error) ?? failed.error;
    if (seen.has(key)) continue;
    seen.add(key);
    errors.push(...explain(failed, load));
  }
  return [...unique(errors), ...load.stuck.map((file) => timeoutError(file, load.timeoutMs))];
}

/** One mistake may be reported by each module that meets it. */
function unique(errors: readonly TsdockError[]): readonly TsdockError[] {
  const known = new Set<string>();
  return errors.filter((error) => {
    const key = JSON.stringify([error.code, error.message, error.place]);
    return !known.has(key) && known.add(key);
  });
}

function explain(failed: Failed, load: FailedLoad): readonly TsdockError[] {
  const { error } = failed;
  if (isTsdockError(error)) return [error];
  const failure = load.failures[failureIndex(error) ?? -1];
  if (failure !== undefined) return failureErrors(failure);
  if (error instanceof ModuleStuck) return [loopError(error.file, load.timeoutMs)];
  if (error instanceof ModuleExit) return [exitError(error)];
  return [
    missingExportError(error, load) ?? cycleError(error, load.imports, places(error)) ?? thrownError(failed),
  ];
}

const places = (error: unknown): readonly Place[] => stackPlaces(error).map(createSiteMapper());

function failureErrors(failure: LoadFailure): readonly TsdockError[] {
  if (failure.type === "syntax") {
    return failure.mistakes.map(({ message, offset, help }) => {
      const place = { file: failure.file, ...positionAt(failure.text, offset) };
      return new TsdockError("MODULE_SYNTAX", message, { place, hint: help ?? syntaxHint });
    });
  }
  if (failure.type === "missing") return [missingModuleError(failure)];
  const place = { file: failure.file, line: 1, column: 1 };
  const hint = reasons[failure.reason];
  return [
    new TsdockError("MODULE_UNREADABLE", `the module cannot be read: ${failure.reason}`, { place, hint }),
  ];
}

const syntaxHint =
  "look at what stands just before: a bracket, a quote or a comma may be missing or too many";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "let the user that runs tsdock read the file",
  EISDIR: "name a file, not a directory",
  ENOENT: "the file is gone, or a symbolic link leads nowhere",
};

function missingModuleError(failure: Extract<LoadFailure, { type: "missing" }>): TsdockError {
  const { specifier, parent, reason } = failure;
  const parsed = parseModule(parent);
  const place = (parsed && importPlace(parsed, specifier)) ?? { file: parent, line: 1, column: 1 };
  const hint = /^[./#]/.test(specifier)
    ? "check the path; it is relative to the file that imports it"
    : "install the package, or add the alias to the paths of the nearest tsconfig.json";
  const details = /tsconfig/i.test(reason) ? reason : undefined;
  return new TsdockError("MODULE_NOT_FOUND", `cannot find ${JSON.stringify(specifier)}`, {
    place,
    hint,
    details,
  });
}

function exitError(exit: ModuleExit): TsdockError {
  const hint = "a module of images only declares: throw an error to stop, or leave out what ends the process";
  return new TsdockError("MODULE_EXITED", `${exit.message} while the module was loaded`, {
    place: places(exit)[0],
    hint,
  });
}

function thrownError({ file, error }: Failed): TsdockError {
  const said = textOf(error);
  const place = places(error)[0] ?? { file, line: 1, column: 1 };
  const [first = "", ...more] = said.split("\n");
  const details = more.length === 0 ? undefined : said;
  return new TsdockError("MODULE_THREW", `the module threw ${first}`, {
    place,
    details,
    hint: thrownHint(said),
    cause: error,
  });
}

/** What is thrown need not be an error, nor be able to say what it is. */
function textOf(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : `a ${typeof error}: ${String(error)}`;
  } catch {
    return `a ${typeof error} that cannot be shown`;
  }
}

const thrownHint = (said: string): string =>
  /\b(require|module|exports|__dirname|__filename) is not defined/.test(said)
    ? "modules of TypeScript are ES modules: use import, export, import.meta.dirname and import.meta.filename"
    : (methodHint(said) ?? "--debug shows where it was called from");

/** A method that is misspelt; without types it shows only when it is called. */
function methodHint(said: string): string | undefined {
  const method = /\.(\w+) is not a function/.exec(said)?.[1];
  const [near] = method === undefined ? [] : nearestNames(method, methodNames());
  return near === undefined ? undefined : `did you mean ${near}()?`;
}

const methodNames = (): readonly string[] =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(image())).filter((name) => name !== "constructor");

function timeoutError(file: string, timeoutMs: number): TsdockError {
  const message = `the module did not finish loading within ${timeoutMs} ms`;
  const hint = "a top-level await in it never settles: what a declaration needs should be there at once";
  return new TsdockError("MODULE_TIMEOUT", message, { place: awaitPlace(file), hint });
}

function loopError(file: string, timeoutMs: number): TsdockError {
  const message = `the module was still running after ${timeoutMs} ms`;
  const hint = "a loop in it does not end, or it does work that belongs into a build";
  return new TsdockError("MODULE_TIMEOUT", message, { place: { file, line: 1, column: 1 }, hint });
}

/** The first `await` at the beginning of a statement or after `=`; most often it is the one. */
function awaitPlace(file: string): Place {
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  const found = /(?:^|[=;]\s*)await\b/m.exec(text);
  if (found === null) return { file, line: 1, column: 1 };
  return { file, ...positionAt(text, found.index + found[0].length - "await".length) };
}
