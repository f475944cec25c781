import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { statIfThere, useFile } from "./last-use.ts";
import { storeError } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { renameInto } from "./write-atomically.ts";

/** Files named by the SHA-256 of what they hold, in one directory: blobs and downloads. */
export class ContentFiles {
  readonly #directory: string;
  readonly #temps: TempFiles;

  constructor(directory: string, temps: TempFiles) {
    this.#directory = directory;
    this.#temps = temps;
  }

  /** `hex`: 64 lower-case digits. */
  path(hex: string): string {
    if (!/^[0-9a-f]{64}$/.test(hex)) throw new TypeError(`not a SHA-256 digest: ${hex}`);
    return path.join(this.#directory, hex);
  }

  /** Bytes; undefined where it is not there. Counts as a use. */
  size(hex: string): number | undefined {
    return useFile(this.path(hex))?.size;
  }

  pending(): { readonly path: string; commit(hex: string, size: number): Promise<void> } & AsyncDisposable {
    const temporary = this.#temps.path();
    return {
      path: temporary,
      commit: (hex, size) => this.#commit(temporary, hex, size),
      [Symbol.asyncDispose]: () => fs.promises.rm(temporary, { force: true }),
    };
  }

  async #commit(temporary: string, hex: string, size: number): Promise<void> {
    const target = this.path(hex);
    if (useFile(target)?.size === size) return;
    const written = statIfThere(temporary)?.size;
    if (written !== size) {
      throw new TsdockError(
        "BLOB_MISMATCH",
        `${written ?? 0} bytes were written for ${hex}, and ${size} were expected`,
        {
          hint: "the file was changed while it was written, or the disk is full; try again",
        },
      );
    }
    try {
      await syncFile(temporary);
      renameInto(temporary, target);
    } catch (error) {
      throw storeError(error, this.#directory);
    }
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await fs.promises.open(file, "r");
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
