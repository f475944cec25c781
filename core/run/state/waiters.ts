import fs from "node:fs";
import path from "node:path";
import { isAbandoned, uniqueOwner } from "../../oci/store/process-owner.ts";

/*
 * Whoever waits for a container that removes itself must learn its exit code from somewhere else than from its files:
 * `container-waits/ID.OWNER`, empty, made by each that waits. Who removes the container writes the code into it.
 */

const directoryOf = (home: string): string => path.join(home, "container-waits");

export interface Waiter extends Disposable {
  /** The exit code of a container that was removed meanwhile; undefined as long as it is there. */
  readonly told: () => number | undefined;
}

/** Before looking at the container: what happens afterwards is not missed. */
export function registerWaiter(home: string, id: string): Waiter {
  const file = path.join(directoryOf(home), `${id}.${uniqueOwner()}`);
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, "", { flag: "wx" });
  return {
    told: () => {
      const text = fs.readFileSync(file, "latin1");
      return text.endsWith("\n") ? Number(text) : undefined;
    },
    [Symbol.dispose]: () => fs.rmSync(file, { force: true }),
  };
}

/** Tells all that wait for a container how it ended; takes away the files of those that are gone. */
export function tellWaiters(home: string, id: string, exitCode: number): void {
  for (const name of namesIn(directoryOf(home))) {
    if (!name.startsWith(`${id}.`)) continue;
    const file = path.join(directoryOf(home), name);
    if (isAbandoned(name.slice(id.length + 1), file)) fs.rmSync(file, { force: true });
    else overwrite(file, `${exitCode}\n`);
  }
}

/** One that has gone meanwhile gets no file again. */
function overwrite(file: string, text: string): void {
  try {
    fs.writeFileSync(file, text, { flag: "r+" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
