import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { CacheMount, CacheMounts, MountSharing } from "./contract.ts";
import { noteUse, statIfThere } from "./last-use.ts";
import { acquireLock, tryLock } from "./lock.ts";
import { storeError } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { replaceFile } from "./write-atomically.ts";

/** Ids may hold any characters: the directory is named by a digest, and a file beside it says the id. */
const directoryName = (id: string): string => createHash("sha256").update(id).digest("hex").slice(0, 32);

/** `mounts/DIGEST-OF-ID/` and `mounts/DIGEST-OF-ID.json`, whose modification time is that of the last use. */
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
    if (sharing === "shared") return this.#mount(id, undefined);
    const lockOf = (name: string): string => path.join(this.#locks, `mount-${directoryName(name)}`);
    if (sharing === "locked") return this.#mount(id, await acquireLock(lockOf(id), signal));
    for (let number = 0; ; number++) {
      signal?.throwIfAborted();
      const name = number === 0 ? id : `${id}#${number}`;
      const lock = await tryLock(lockOf(name));
      if (lock !== undefined) return this.#mount(name, lock);
    }
  }

  async #mount(id: string, lock: AsyncDisposable | undefined): Promise<CacheMount> {
    const directory = path.join(this.#directory, directoryName(id));
    const release = async (): Promise<void> => lock?.[Symbol.asyncDispose]();
    try {
      await using _lock = await acquireLock(path.join(this.#locks, "mounts"));
      const created = fs.mkdirSync(directory, { recursive: true }) !== undefined;
      const stats = statIfThere(`${directory}.json`);
      if (stats === undefined || !noteUse(`${directory}.json`, stats.mtimeMs)) {
        replaceFile(this.#temps, `${directory}.json`, JSON.stringify({ version: 1, id }));
      }
      return { path: directory, created, [Symbol.asyncDispose]: release };
    } catch (error) {
      await release();
      throw storeError(error, this.#directory);
    }
  }
}
