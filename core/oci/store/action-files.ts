import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import { isDigest } from "../spec/digest.ts";
import type { ActionCache, ActionRecord } from "./contract.ts";
import { noteUse } from "./last-use.ts";
import { promiseOf } from "./promise-of.ts";
import { isMissing } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { replaceFile } from "./write-atomically.ts";

/** `actions/xx/KEY.json`. */
export class ActionFiles implements ActionCache {
  readonly #directory: string;
  readonly #temps: TempFiles;

  constructor(directory: string, temps: TempFiles) {
    this.#directory = directory;
    this.#temps = temps;
  }

  get(key: string): ActionRecord | undefined {
    const file = this.#path(key);
    const text = readAndUse(file);
    return text === undefined ? undefined : parseActionRecord(text);
  }

  put(key: string, record: ActionRecord): Promise<void> {
    return promiseOf(() => replaceFile(this.#temps, this.#path(key), JSON.stringify(record)));
  }

  #path(key: string): string {
    if (!/^[0-9A-Za-z_-]{4,128}$/.test(key)) throw new TypeError(`not a key: ${key}`);
    return path.join(this.#directory, key.slice(0, 2), `${key}.json`);
  }
}

let buffer = Buffer.allocUnsafe(64 << 10);

/** As `readFileSync` with the time of use noted, without a second look at the path and into one buffer. */
function readAndUse(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = fs.openSync(file, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const { size, mtimeMs } = fs.fstatSync(descriptor);
    if (!noteUse(file, mtimeMs)) return undefined;
    if (size > buffer.byteLength) buffer = Buffer.allocUnsafe(size);
    return buffer.toString("utf8", 0, fs.readSync(descriptor, buffer, 0, size, 0));
  } finally {
    fs.closeSync(descriptor);
  }
}

/** A record that was not written whole (a power failure) or by another version counts as absent: the action runs again. */
export function parseActionRecord(text: string): ActionRecord | undefined {
  try {
    const record = JSON.parse(text) as ActionRecord | null;
    return isRecord(record) ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isRecord(value: unknown): value is ActionRecord {
  if (typeof value !== "object" || value === null) return false;
  const { version, layer, ms } = value as Partial<Record<keyof ActionRecord, unknown>>;
  if (version !== 1 || typeof ms !== "number" || typeof layer !== "object") return false;
  if (layer === null) return true;
  const { diffId, size } = layer as { diffId?: unknown; size?: unknown };
  return typeof diffId === "string" && isDigest(diffId) && typeof size === "number";
}
