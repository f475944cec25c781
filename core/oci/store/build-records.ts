import fs from "node:fs";
import path from "node:path";
import type { Json } from "../../util/json.ts";
import type { Records } from "./contract.ts";
import { promiseOf } from "./promise-of.ts";
import { isMissing } from "./store-error.ts";
import { readNames, type TempFiles } from "./temp-files.ts";
import { replaceFile } from "./write-atomically.ts";
import { randomHex } from "../../util/random-hex.ts";

const suffix = ".json";

/** `records/TIME-RANDOM.json`. */
export class BuildRecords implements Records {
  readonly #directory: string;
  readonly #temps: TempFiles;

  constructor(directory: string, temps: TempFiles) {
    this.#directory = directory;
    this.#temps = temps;
  }

  put(record: Json): Promise<string> {
    return promiseOf(() => this.#put(record));
  }

  #put(record: Json): string {
    const time = new Date().toISOString().replaceAll(/[-:.]/g, "");
    const id = `${time}-${randomHex(4)}`;
    replaceFile(this.#temps, path.join(this.#directory, `${id}${suffix}`), JSON.stringify(record));
    return id;
  }

  list(): readonly string[] {
    return readNames(this.#directory)
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, -suffix.length))
      .reverse();
  }

  get(id: string): Json | undefined {
    try {
      return JSON.parse(fs.readFileSync(this.#path(id), "utf8")) as Json;
    } catch (error) {
      // Not written whole before a power failure: as if it had never been written.
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  remove(id: string): void {
    fs.rmSync(this.#path(id), { force: true });
  }

  #path(id: string): string {
    if (!/^[0-9A-Za-z-]+$/.test(id)) throw new TypeError(`not the id of a record: ${id}`);
    return path.join(this.#directory, `${id}${suffix}`);
  }
}
