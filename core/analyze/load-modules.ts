import { setSiteMapper } from "../declare/site.ts";
import type { TsdockError } from "../errors/tsdock-error.ts";
import type { LoadedModule } from "../graph/compile/collect-exports.ts";
import { guardExit, type ModuleExit } from "./loading/guard-exit.ts";
import { type ImportGraph, importGraph, reachable } from "./loading/import-graph.ts";
import { beginLoad, type LoadOptions } from "./loading/begin-load.ts";
import type { LoadSession } from "./loading/load-session.ts";
import type { Failed } from "./module-errors.ts";
import { createSiteMapper } from "./site-mapper.ts";
import { exportPlaces } from "./source-places.ts";

/** Results and errors come in the order of `files`. */
export interface LoadModulesOptions extends LoadOptions {
  readonly signal: AbortSignal;
  /** How long modules may wait in top-level await; 30,000 ms unless given. Code that never yields cannot be stopped. */
  readonly timeoutMs?: number;
}

export interface UserModule extends LoadedModule {
  /** Absolute paths of the files that it is made of: itself first, then all that it imports, directly or not, sorted. */
  readonly sources: readonly string[];
}

export interface LoadModulesResult {
  /** Those that loaded. */
  readonly modules: readonly UserModule[];
  /** Everything that went wrong, each mistake once, however many modules it stops. */
  readonly errors: readonly TsdockError[];
  /** All files that were imported, also by modules that failed, and what each imports directly. */
  readonly imports: ImportGraph;
}

/**
 * Runs modules of the user: TypeScript, JavaScript or JSON, with relative imports, tsconfig paths and workspace packages.
 * Every call runs them anew. Nothing is written. Module errors are returned; only `signal` makes it throw.
 */
export async function loadModules(options: LoadModulesOptions): Promise<LoadModulesResult> {
  const { files, signal, timeoutMs = 30_000 } = options;
  signal.throwIfAborted();
  const session = await beginLoad({ ...options, timeoutMs });
  setSiteMapper(createSiteMapper());
  const exits: ModuleExit[] = [];
  const release = guardExit((exit) => exits.push(exit));
  try {
    const outcomes = await importAll(session, files, timeoutMs, signal);
    const { edges, failures } = await session.report();
    const imports = importGraph(files, edges);
    const failed: Failed[] = outcomes.flatMap(({ file, state, error }) =>
      state === "failed" ? [{ file, error }] : [],
    );
    const hanging = outcomes.flatMap(({ file, state }) => (state === "pending" ? [file] : []));
    const stuck = hanging.length === 0 ? [] : await findStuck(session, imports, hanging);
    const wrong = { failed, exits, stuck, timeoutMs, failures, edges, imports };
    const isFine = [failed, exits, stuck].every(({ length }) => length === 0);
    const errors = isFine ? [] : (await import("./module-errors.ts")).errorsOf(wrong);
    const place = exportPlaces();
    const modules = outcomes.flatMap(({ file, state, exports = {} }) => {
      if (state !== "loaded") return [];
      return [
        { file, exports, sources: reachable(imports, file), place: (name: string) => place(file, name) },
      ];
    });
    return { modules, errors, imports };
  } finally {
    release();
  }
}

interface Outcome {
  readonly file: string;
  readonly state: "loaded" | "failed" | "pending";
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
}

/** All at once, so that modules that wait for something wait together. */
async function importAll(
  session: LoadSession,
  files: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = files.map((file) => ({ file, state: "pending" }));
  const all = files.map(async (file, index) => {
    outcomes[index] = await outcomeOf(session, file);
  });
  await settledWithin(Promise.all(all), timeoutMs, signal);
  return [...outcomes];
}

async function outcomeOf(session: LoadSession, file: string): Promise<Outcome> {
  try {
    return { file, state: "loaded", exports: await session.import(file) };
  } catch (error) {
    return { file, state: "failed", error };
  }
}

/** Whether a promise settles in time. Throws the reason of an abort. */
async function settledWithin(promise: Promise<unknown>, ms: number, signal: AbortSignal): Promise<boolean> {
  const undo: (() => void)[] = [];
  const interrupted = new Promise<false>((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms);
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    undo.push(
      () => clearTimeout(timer),
      () => signal.removeEventListener("abort", onAbort),
    );
  });
  try {
    return await Promise.race([promise.then(() => true), interrupted]);
  } finally {
    for (const step of undo) step();
  }
}

/** The modules that others wait for: themselves unfinished while all that they import is. */
async function findStuck(
  session: LoadSession,
  imports: ImportGraph,
  hanging: readonly string[],
): Promise<readonly string[]> {
  const candidates = [...new Set(hanging.flatMap((file) => reachable(imports, file)))];
  const finished = new Set<string>();
  for (const file of candidates) {
    const outcome = outcomeOf(session, file).then(() => finished.add(file));
    await Promise.race([outcome, new Promise((resolve) => setTimeout(resolve, 5))]);
  }
  const pending = candidates.filter((file) => !finished.has(file));
  const stuck = pending.filter((file) =>
    (imports.get(file) ?? []).every((imported) => finished.has(imported)),
  );
  return stuck.length > 0 ? stuck : pending;
}
