import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import path from "node:path";
import { nativePath } from "../../oci/layer/byte-path.ts";
import { unreadable } from "../../oci/layer/unreadable-content.ts";
import type { FileEntry } from "../../oci/layer/entry.ts";
import type { StateFiles } from "../../oci/store/contract.ts";
import { hashRange } from "../context/hash-file.ts";

const recordBytes = 8 + 32;
const checksumBytes = 32;

interface Table {
  /** By where the content begins in the tar. */
  readonly digests: Map<number, string>;
  dirty: boolean;
}

/**
 * Digests of files within the tars of layers. A tar in the store is named by its digest and never changes, so what was
 * once computed of it holds for ever: a file that is the same in a layer made anew is known to be the same.
 */
export class LayerDigests {
  readonly #state: StateFiles;
  readonly #tables = new Map<string, Table>();

  constructor(state: StateFiles) {
    this.#state = state;
  }

  /** SHA-256 of an entry's content, 64 hex digits. Errors `FILE_UNREADABLE`, `FILE_CHANGED`. */
  digest(file: FileEntry): string {
    const { content, size } = file;
    if (content instanceof Uint8Array) return createHash("sha256").update(content).digest("hex");
    const offset = content.offset ?? 0;
    const table = this.#table(content.path);
    const known = table.digests.get(offset);
    if (known !== undefined) return known;
    const digest = hashPart(content.path, offset, size);
    table.digests.set(offset, digest);
    table.dirty = true;
    return digest;
  }

  save(): void {
    for (const [tar, table] of this.#tables) {
      if (table.dirty && isNamedByDigest(tar)) this.#state.put(stateKey(tar), encode(table.digests));
      table.dirty = false;
    }
  }

  #table(tar: string): Table {
    const existing = this.#tables.get(tar);
    if (existing !== undefined) return existing;
    const table = {
      digests: isNamedByDigest(tar) ? decode(this.#state.get(stateKey(tar))) : new Map<number, string>(),
      dirty: false,
    };
    this.#tables.set(tar, table);
    return table;
  }
}

const isNamedByDigest = (tar: string): boolean => /^[0-9a-f]{64}$/.test(path.basename(tar));
const stateKey = (tar: string): string => `digests ${path.basename(tar)}`;

function hashPart(tar: string, offset: number, size: number): string {
  let fd: number;
  try {
    fd = openSync(nativePath(tar), "r");
  } catch (error) {
    throw unreadable(tar, error);
  }
  try {
    return hashRange(fd, tar, offset, size);
  } finally {
    closeSync(fd);
  }
}

function encode(digests: ReadonlyMap<number, string>): Uint8Array {
  const body = Buffer.alloc(digests.size * recordBytes);
  let at = 0;
  for (const [offset, digest] of digests) {
    body.writeDoubleLE(offset, at);
    body.write(digest, at + 8, "hex");
    at += recordBytes;
  }
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}

/** Nothing is known from a file that is damaged: a wrong digest would be a wrong image. */
function decode(bytes: Uint8Array | undefined): Map<number, string> {
  const digests = new Map<number, string>();
  if (bytes === undefined || bytes.byteLength < checksumBytes) return digests;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = buffer.subarray(0, buffer.length - checksumBytes);
  const sound =
    createHash("sha256").update(body).digest().equals(buffer.subarray(body.length)) &&
    body.length % recordBytes === 0;
  for (let at = 0; sound && at < body.length; at += recordBytes) {
    digests.set(body.readDoubleLE(at), body.toString("hex", at + 8, at + recordBytes));
  }
  return digests;
}
