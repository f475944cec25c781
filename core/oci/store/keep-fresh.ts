import fs from "node:fs";
import { abandonedAfterMs } from "./process-owner.ts";

const paths = new Map<string, number>();
let timer: NodeJS.Timeout | undefined;

/**
 * Renews the modification time of a file or directory until it is disposed, so that processes in other pid namespaces
 * see that its owner lives. The timer does not keep the process alive.
 */
export function keepFresh(path: string): Disposable {
  paths.set(path, (paths.get(path) ?? 0) + 1);
  timer ??= setInterval(renewAll, abandonedAfterMs / 6).unref();
  return { [Symbol.dispose]: () => forget(path) };
}

function forget(path: string): void {
  const count = paths.get(path) ?? 0;
  if (count > 1) {
    paths.set(path, count - 1);
    return;
  }
  paths.delete(path);
  if (paths.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function renewAll(): void {
  const now = Date.now() / 1000;
  for (const path of paths.keys()) {
    try {
      fs.utimesSync(path, now, now);
    } catch (error) {
      // Removed between two beats (a store deleted under us): whoever uses it next gets the error that counts.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}
