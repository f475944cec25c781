import fs from "node:fs";
import path from "node:path";
import { type Digest, hexOf } from "../spec/digest.ts";
import type { CompressedLayer, CompressedLayers } from "./contract.ts";
import { noteUse } from "./last-use.ts";
import { acquireLock } from "./lock.ts";
import { isMissing } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { replaceFile } from "./write-atomically.ts";

interface CompressedRecord {
  readonly version: 1;
  readonly layers: readonly CompressedLayer[];
}

/** `layers/xx/DIFFID.json`: one small file per layer. */
export class CompressedFiles implements CompressedLayers {
  readonly #directory: string;
  readonly #locks: string;
  readonly #temps: TempFiles;

  constructor(directory: string, locks: string, temps: TempFiles) {
    this.#directory = directory;
    this.#locks = locks;
    this.#temps = temps;
  }

  get(diffId: Digest): readonly CompressedLayer[] {
    const file = this.#path(diffId);
    try {
      const layers = parseCompressedRecord(fs.readFileSync(file, "utf8"));
      if (layers !== undefined) noteUse(file, fs.statSync(file).mtimeMs);
      return layers ?? [];
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async put(diffId: Digest, layer: CompressedLayer): Promise<void> {
    if (holds(this.get(diffId), layer)) return;
    await using _lock = await acquireLock(path.join(this.#locks, "layers"));
    const record: CompressedRecord = { version: 1, layers: withLayer(this.get(diffId), layer) };
    replaceFile(this.#temps, this.#path(diffId), JSON.stringify(record));
  }

  #path(diffId: Digest): string {
    const hex = hexOf(diffId);
    return path.join(this.#directory, hex.slice(0, 2), `${hex}.json`);
  }
}

/** Undefined where the text is no such record: it can be found out again. */
export function parseCompressedRecord(text: string): readonly CompressedLayer[] | undefined {
  try {
    const record = JSON.parse(text) as Partial<CompressedRecord> | null;
    return record?.version === 1 && Array.isArray(record.layers) ? record.layers : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const same = (a: CompressedLayer, b: CompressedLayer): boolean => a.descriptor.digest === b.descriptor.digest;

const holds = (layers: readonly CompressedLayer[], layer: CompressedLayer): boolean =>
  layers.some(
    (known) =>
      same(known, layer) && layer.repositories.every((repository) => known.repositories.includes(repository)),
  );

/** One entry per digest, newest knowledge first; repositories add up. */
function withLayer(layers: readonly CompressedLayer[], layer: CompressedLayer): readonly CompressedLayer[] {
  const known = layers.find((other) => same(other, layer));
  const repositories = [...new Set([...(known?.repositories ?? []), ...layer.repositories])];
  return [{ ...known, ...layer, repositories }, ...layers.filter((other) => !same(other, layer))];
}
