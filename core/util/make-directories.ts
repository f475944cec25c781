import fs from "node:fs";
import path from "node:path";

/**
 * `mkdir -p` of an absolute path. Node's own never ends where a file system has a directory in which nothing can be made,
 * as /proc, which says ENOENT of that.
 */
export function makeDirectories(directory: string): void {
  const missing: string[] = [];
  for (let at = directory; !fs.existsSync(at); at = path.dirname(at)) missing.unshift(at);
  for (const one of missing) {
    try {
      fs.mkdirSync(one);
    } catch (error) {
      // Somebody else was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
