import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor, Index } from "../spec/descriptor.ts";
import { isDigest } from "../spec/digest.ts";
import { mediaTypes } from "../spec/media-types.ts";
import { acquireLock } from "./lock.ts";
import { isMissing } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { replaceFileDurably } from "./write-atomically.ts";

/** OCI image-spec, annotations.md: the name of an image within a layout. */
export const refNameAnnotation = "org.opencontainers.image.ref.name";
export const layoutVersion = "1.0.0";

/** The `index.json` of an OCI image layout: read again only when it changed, replaced as a whole under a lock. */
export class LayoutIndex {
  readonly #file: string;
  readonly #lock: string;
  readonly #temps: TempFiles;
  #cached: { readonly stamp: string; readonly index: Index } | undefined;

  /** `lock`: absolute path of the lock's file. */
  constructor(directory: string, lock: string, temps: TempFiles) {
    this.#file = path.join(directory, "index.json");
    this.#lock = lock;
    this.#temps = temps;
  }

  /** An index without manifests where there is no file. Error `LAYOUT_INVALID`. */
  read(): Index {
    const stats = fs.statSync(this.#file, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return emptyIndex;
    const stamp = `${stats.ino}.${stats.size}.${stats.mtimeNs}`;
    if (this.#cached?.stamp !== stamp) this.#cached = { stamp, index: this.#parse() };
    return this.#cached.index;
  }

  /** Reads, changes and writes under the lock. `change` gives undefined where nothing is to be written. */
  async update(change: (index: Index) => Index | undefined, signal?: AbortSignal): Promise<void> {
    await using _lock = await acquireLock(this.#lock, signal);
    const changed = change(this.read());
    if (changed === undefined) return;
    await replaceFileDurably(this.#temps, this.#file, JSON.stringify(changed));
    this.#cached = undefined;
  }

  #parse(): Index {
    try {
      return parseLayoutIndex(fs.readFileSync(this.#file, "utf8"), this.#file);
    } catch (error) {
      if (isMissing(error)) return emptyIndex;
      throw error;
    }
  }
}

const emptyIndex: Index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };

/** `file` is for the message. */
export function parseLayoutIndex(text: string, file: string): Index {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(file, (error as Error).message);
  }
  const { manifests, schemaVersion } = (value ?? {}) as Partial<Record<keyof Index, unknown>>;
  if (schemaVersion !== 2) throw invalid(file, "its schemaVersion is not 2");
  if (!Array.isArray(manifests) || !manifests.every(isDescriptor))
    throw invalid(file, "its manifests are not a list of descriptors");
  return { ...(value as Index), mediaType: mediaTypes.index };
}

function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== "object" || value === null) return false;
  const { mediaType, digest, size } = value as Partial<Record<keyof Descriptor, unknown>>;
  return (
    typeof mediaType === "string" &&
    typeof digest === "string" &&
    isDigest(digest) &&
    typeof size === "number"
  );
}

const invalid = (file: string, reason: string): TsdockError =>
  new TsdockError("LAYOUT_INVALID", `${file} is not the index of an OCI image layout: ${reason}`, {
    hint: "the layout is damaged: write it again",
  });
