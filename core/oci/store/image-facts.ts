import fs from "node:fs";
import path from "node:path";
import { type Digest, hexOf } from "../spec/digest.ts";
import type { Facts, ImageFacts } from "./contract.ts";
import { acquireLock } from "./lock.ts";
import { isMissing } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { replaceFile } from "./write-atomically.ts";

/** `facts/xx/DIGEST.json`. */
export class FactFiles implements Facts {
  readonly #directory: string;
  readonly #lock: string;
  readonly #temps: TempFiles;

  constructor(directory: string, lock: string, temps: TempFiles) {
    this.#directory = directory;
    this.#lock = lock;
    this.#temps = temps;
  }

  get(digest: Digest): ImageFacts | undefined {
    try {
      const value = JSON.parse(fs.readFileSync(this.#path(digest), "utf8")) as Partial<ImageFacts> | null;
      return value?.version === 1
        ? { ...value, version: 1, repositories: value.repositories ?? {} }
        : undefined;
    } catch (error) {
      // Not written whole before a power failure: as if it had never been known.
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async add(digest: Digest, facts: Partial<Omit<ImageFacts, "version">>): Promise<void> {
    await using _lock = await acquireLock(this.#lock);
    const known = this.get(digest);
    const merged: ImageFacts = {
      ...known,
      ...facts,
      version: 1,
      repositories: { ...known?.repositories, ...facts.repositories },
    };
    replaceFile(this.#temps, this.#path(digest), JSON.stringify(merged));
  }

  #path(digest: Digest): string {
    const hex = hexOf(digest);
    return path.join(this.#directory, hex.slice(0, 2), `${hex}.json`);
  }
}
