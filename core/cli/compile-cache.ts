import module from "node:module";
import path from "node:path";

/** Node 22.1 and later keep compiled code between runs; earlier ones start a few milliseconds slower. */
export function enableCompileCache(storeDirectory: string): void {
  const { enableCompileCache: enable } = module as { enableCompileCache?: (directory: string) => unknown };
  enable?.(path.join(storeDirectory, "compiled"));
}

/** Writes what is new, which Node does only where it ends by itself; 22.10 and later. */
export function saveCompileCache(): void {
  (module as { flushCompileCache?: () => void }).flushCompileCache?.();
}
