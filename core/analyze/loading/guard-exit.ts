import { stackPlaces } from "./thrown-place.ts";

/** What `process.exit` throws while modules are loaded, when one of them called it. */
export class ModuleExit extends Error {
  constructor(code: unknown) {
    super(`process.exit(${code === undefined ? "" : String(code)}) was called`);
    this.name = "ModuleExit";
  }
}

/**
 * Keeps modules from ending the process while they are loaded; the calls of everyone else (a signal handler of the
 * program) go through. Returns what undoes it.
 */
export function guardExit(onExit: (exit: ModuleExit) => void): () => void {
  const original = process.exit;
  const guarded = (code?: number | string | null): never => {
    const exit = new ModuleExit(code);
    if (stackPlaces(exit).length === 0) return original.call(process, code);
    onExit(exit);
    throw exit;
  };
  process.exit = guarded;
  return () => {
    if (process.exit === guarded) process.exit = original;
  };
}
