import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** A directory of its own for a test: `await using tmp = temporaryDirectory()`. Gone with everything in it at the end. */
export function temporaryDirectory(): { readonly path: string } & AsyncDisposable {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-test-"));
  return {
    path: directory,
    [Symbol.asyncDispose]: () => fs.promises.rm(directory, { recursive: true, force: true, maxRetries: 3 }),
  };
}
