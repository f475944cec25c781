import fs from "node:fs";
import path from "node:path";
import { keepFresh } from "./keep-fresh.ts";
import { isAbandoned, uniqueOwner } from "./process-owner.ts";
import { isMissing, storeError } from "./store-error.ts";
import { randomHex } from "../../util/random-hex.ts";

/**
 * Names for work in progress: `tmp/OWNER/…`, a directory of this process on the file system of the store, so that a
 * rename from it is atomic. It is made when the first name is asked for and goes with `dispose`; the one of a process
 * that was killed is removed by the next that opens the store.
 */
export class TempFiles implements AsyncDisposable {
  readonly #parent: string;
  readonly #prefix: string;
  #directory: string | undefined;
  #fresh: Disposable | undefined;

  /** `parent`: absolute path of `tmp`, which exists. `prefix` tells the directory from others where they share `parent`. */
  constructor(parent: string, prefix = "") {
    this.#parent = parent;
    this.#prefix = prefix;
  }

  /** An absolute path at which nothing exists. */
  path(): string {
    this.#directory ??= this.#create();
    return path.join(this.#directory, randomHex(8));
  }

  #create(): string {
    const directory = path.join(this.#parent, this.#prefix + uniqueOwner());
    try {
      fs.mkdirSync(directory);
    } catch (error) {
      throw storeError(error, this.#parent);
    }
    this.#fresh = keepFresh(directory);
    return directory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const directory = this.#directory;
    this.#directory = undefined;
    this.#fresh?.[Symbol.dispose]();
    if (directory !== undefined) await fs.promises.rm(directory, { recursive: true, force: true });
  }
}

/** Absolute paths below `tmp` whose owners are gone. One `readdir`, and little more where there are none. */
export function abandonedTemps(parent: string, prefix = ""): readonly string[] {
  return readNames(parent)
    .filter((name) => name.startsWith(prefix))
    .filter((name) => isAbandoned(name.slice(prefix.length), path.join(parent, name)))
    .map((name) => path.join(parent, name));
}

/** Names in a directory in byte order; none where it does not exist. */
export function readNames(directory: string): readonly string[] {
  try {
    return fs.readdirSync(directory).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
