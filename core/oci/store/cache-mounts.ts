import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Cleanup } from "../../util/cleanup.ts";
import type { CacheMount, CacheMounts, MountSharing } from "./contract.ts";
import { noteUse, statIfThere } from "./last-use.ts";
import { acquireLock, tryLock } from "./lock.ts";
import { isMissing, storeError } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { replaceFile } from "./write-atomically.ts";

/** Ids may hold any characters: the directory is named by a digest, and a file beside it says the id. */
const directoryName = (id: string): string => createHash("sha256").update(id).digest("hex").slice(0, 32);

/** The file beside a directory. Its modification time is that of the last use. */
interface MountFile {
  readonly version: 1;
  readonly id: string;
  /** What it begins with is not in it yet. */
  readonly filling?: true;
}

/** `mounts/DIGEST-OF-ID/` and `mounts/DIGEST-OF-ID.json`. */
export class MountDirectories implements CacheMounts {
  readonly #directory: string;
  readonly #locks: string;
  readonly #temps: TempFiles;

  constructor(directory: string, locks: string, temps: TempFiles) {
    this.#directory = directory;
    this.#locks = locks;
    this.#temps = temps;
  }

  async open(id: string, sharing: MountSharing, signal?: AbortSignal): Promise<CacheMount> {
    if (sharing === "shared") return this.#mount(id, undefined, signal);
    const lockOf = (name: string): string => path.join(this.#locks, `mount-${directoryName(name)}`);
    if (sharing === "locked") return this.#mount(id, await acquireLock(lockOf(id), signal), signal);
    for (let number = 0; ; number++) {
      signal?.throwIfAborted();
      const name = number === 0 ? id : `${id}#${number}`;
      const lock = await tryLock(lockOf(name));
      if (lock !== undefined) return this.#mount(name, lock, signal);
    }
  }

  async #mount(
    id: string,
    lock: AsyncDisposable | undefined,
    signal: AbortSignal | undefined,
  ): Promise<CacheMount> {
    await using held = new Cleanup();
    if (lock !== undefined) held.use(lock);
    const name = directoryName(id);
    try {
      const filling = new Cleanup();
      held.use(filling);
      if (!this.#isFilled(name))
        filling.use(await acquireLock(path.join(this.#locks, `fill-${name}`), signal));
      const created = !this.#isFilled(name);
      await this.#touch(name, id, created);
      const release = held.move();
      return {
        path: path.join(this.#directory, name),
        created,
        ready: async () => {
          this.#write(name, { version: 1, id });
          await filling[Symbol.asyncDispose]();
        },
        [Symbol.asyncDispose]: () => release[Symbol.asyncDispose](),
      };
    } catch (error) {
      throw storeError(error, this.#directory);
    }
  }

  /** The lock keeps prune away between looking at a directory and using it. */
  async #touch(name: string, id: string, created: boolean): Promise<void> {
    await using _lock = await acquireLock(path.join(this.#locks, "mounts"));
    fs.mkdirSync(path.join(this.#directory, name), { recursive: true });
    const file = path.join(this.#directory, `${name}.json`);
    const stats = statIfThere(file);
    if (stats !== undefined && noteUse(file, stats.mtimeMs)) return;
    this.#write(name, { version: 1, id, ...(created ? { filling: true } : {}) });
  }

  #isFilled(name: string): boolean {
    if (!fs.existsSync(path.join(this.#directory, name))) return false;
    try {
      const text = fs.readFileSync(path.join(this.#directory, `${name}.json`), "utf8");
      return (JSON.parse(text) as MountFile).filling !== true;
    } catch (error) {
      // Gone, or cut by a power failure: it is made anew.
      if (isMissing(error) || error instanceof SyntaxError) return false;
      throw error;
    }
  }

  #write(name: string, content: MountFile): void {
    replaceFile(this.#temps, path.join(this.#directory, `${name}.json`), JSON.stringify(content));
  }
}
