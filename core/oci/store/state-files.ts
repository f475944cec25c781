import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { StateFiles } from "./contract.ts";
import { noteUse } from "./last-use.ts";
import { isMissing } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { replaceFile } from "./write-atomically.ts";

/** `contexts/DIGEST-OF-KEY`. */
export class KeyedStateFiles implements StateFiles {
  readonly #directory: string;
  readonly #temps: TempFiles;

  constructor(directory: string, temps: TempFiles) {
    this.#directory = directory;
    this.#temps = temps;
  }

  get(key: string): Uint8Array | undefined {
    return readState(this.#directory, key);
  }

  put(key: string, bytes: Uint8Array): void {
    replaceFile(this.#temps, fileOf(this.#directory, key), bytes);
  }
}

/** What was put under a key, in a store that nobody has opened. `directory`: its `contexts`. */
export function readState(directory: string, key: string): Uint8Array | undefined {
  const file = fileOf(directory, key);
  try {
    const bytes = fs.readFileSync(file);
    noteUse(file, fs.statSync(file).mtimeMs);
    return bytes;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const fileOf = (directory: string, key: string): string =>
  path.join(directory, createHash("sha256").update(key).digest("hex").slice(0, 32));
