import os from "node:os";
import path from "node:path";
import type { Host } from "./host.ts";

/** Where the store is: `$TSDOCK_HOME`, else `$XDG_CACHE_HOME/tsdock`, else `~/.cache/tsdock`. Empty variables count as absent. */
export function storeDirectory({ env, cwd }: Pick<Host, "env" | "cwd">): string {
  const explicit = env["TSDOCK_HOME"];
  if (explicit !== undefined && explicit !== "") return path.resolve(cwd, explicit);
  const cache = env["XDG_CACHE_HOME"];
  if (cache !== undefined && path.isAbsolute(cache)) return path.join(cache, "tsdock");
  return path.join(env["HOME"] ?? os.homedir(), ".cache", "tsdock");
}
