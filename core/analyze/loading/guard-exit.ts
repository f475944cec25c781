import { stackPlaces } from "./thrown-place.ts";

/** What `process.exit` throws while modules are loaded, when one of them called it. */
export class ModuleExit extends Error {
  constructor(code: number | string | null | undefined) {
    super(`process.exit(${code === undefined ? "" : String(code)}) was called`);
    this.name = "ModuleExit";
  }
}

/**
 * Keeps modules from ending the process while they are loaded; the calls of everyone else (a signal handler of the
 * program) go through. Returns what undoes it.
 */
export function guardExit(onExit: (exit: ModuleExit) => void): () => void {
  const owner: { exit: (code?: number | string | null) => never } = process;
  const original = owner.exit;
  const guarded = (code?: number | string | null): never => {
    const exit = new ModuleExit(code);
    if (stackPlaces(exit).length === 0) return original.call(process, code);
    onExit(exit);
    throw exit;
  };
  owner.exit = guarded;
  return () => {
    if (owner.exit === guarded) owner.exit = original;
  };
}
