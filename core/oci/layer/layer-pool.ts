import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type Tinypool from "tinypool";
import type { ErrorCode } from "../../errors/codes.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { LayerTask, LayerTaskOutcome, LayerTaskResults } from "./layer-task.ts";

/** Threads with nothing to do end after this many milliseconds. */
const idleTimeout = 5_000;

/**
 * Lets a thread import the sources as they are, where there is no bundle: Node 20 cannot strip types by itself. The
 * bundle has `layer-worker.js` and never comes here.
 */
const sourceHooks = `
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformSync } from "oxc-transform";
export async function load(url, context, next) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
  const file = fileURLToPath(url);
  const { code } = transformSync(file, readFileSync(file, "utf8"), { target: "es2022" });
  return { format: "module", source: code, shortCircuit: true };
}`;

/** Bare imports of a `data:` module have no place to be resolved from: they become URLs here. */
export function sourceLoader(): string {
  const hooks = sourceHooks.replace(`"oxc-transform"`, JSON.stringify(import.meta.resolve("oxc-transform")));
  const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
  return dataUrl(`import { register } from "node:module"; register(${JSON.stringify(dataUrl(hooks))});`);
}

async function startPool(): Promise<Tinypool> {
  const { default: Pool } = await import("tinypool");
  const bundled = new URL("./layer-worker.js", import.meta.url);
  const isBundled = existsSync(fileURLToPath(bundled));
  return new Pool({
    filename: isBundled ? bundled.href : new URL("./layer-worker.ts", import.meta.url).href,
    execArgv: isBundled ? [] : ["--import", sourceLoader()],
    minThreads: 0,
    maxThreads: Math.max(1, availableParallelism()),
    idleTimeout,
  });
}

let pool: Promise<Tinypool> | undefined;

/**
 * Runs a task in a thread, so that the event loop stays free. Threads start on first use and never keep the process alive.
 * Aborting ends the thread at once and rejects with the signal's reason.
 */
export async function runInWorker<Kind extends LayerTask["kind"]>(
  task: LayerTask & { readonly kind: Kind },
  signal: AbortSignal,
): Promise<LayerTaskResults[Kind]> {
  signal.throwIfAborted();
  pool ??= startPool();
  const threads = await pool;
  let outcome: LayerTaskOutcome<Kind>;
  try {
    outcome = (await threads.run(task, { signal })) as LayerTaskOutcome<Kind>;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  if (outcome.ok) return outcome.value;
  const { code, message, hint, details } = outcome.error;
  throw new TsdockError(code as ErrorCode, message, { hint, details });
}
