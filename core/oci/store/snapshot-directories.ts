import fs from "node:fs";
import path from "node:path";
import { type Digest, hexOf } from "../spec/digest.ts";
import type { PendingSnapshot, Snapshots } from "./contract.ts";
import { noteUse, statIfThere } from "./last-use.ts";
import { acquireLock } from "./lock.ts";
import { bootId } from "./process-owner.ts";
import { promiseOf } from "./promise-of.ts";
import { codeOf, isMissing, storeError } from "./store-error.ts";
import type { TempFiles } from "./temp-files.ts";
import { renameInto, replaceFile } from "./write-atomically.ts";

/** Where the parts of a snapshot are, below the store's directory. */
export interface SnapshotPaths {
  /** The tree itself. */
  readonly tree: string;
  /** `HEX.json`, written last: a tree without it is not trusted. Its modification time is that of the last use. */
  readonly record: string;
  /** Short symlink to the tree. */
  readonly link: string;
}

/** How the text of a record tells the boot that the snapshot was made in. */
interface SnapshotRecord {
  readonly version: 1;
  readonly boot: string;
}

/** Held where snapshots come and go. */
export const snapshotsLock = (store: string): string => path.join(store, "locks", "snapshots");

export const shortLinkLength = 16;

export function snapshotPaths(store: string, hex: string): SnapshotPaths {
  const tree = path.join(store, "snapshots", hex);
  return {
    tree,
    record: `${tree}.json`,
    get link() {
      return path.join(store, "l", hex.slice(0, shortLinkLength));
    },
  };
}

/**
 * Layers unpacked. Trees are not synced when they are made (that would cost more than unpacking), so after a restart of
 * the machine they are not trusted and are made again from their blobs.
 */
export class SnapshotDirectories implements Snapshots {
  readonly #store: string;
  readonly #temps: TempFiles;
  readonly #removeTree: (directory: string) => Promise<void>;

  constructor(store: string, temps: TempFiles, removeTree: (directory: string) => Promise<void>) {
    this.#store = store;
    this.#temps = temps;
    this.#removeTree = removeTree;
  }

  path(diffId: Digest): string | undefined {
    const { record, tree } = snapshotPaths(this.#store, hexOf(diffId));
    return isTrusted(record) ? tree : undefined;
  }

  link(diffId: Digest): string | undefined {
    const { record, link } = snapshotPaths(this.#store, hexOf(diffId));
    return isTrusted(record) ? path.relative(this.#store, link) : undefined;
  }

  pending(): Promise<PendingSnapshot> {
    return promiseOf(() => {
      const temporary = this.#temps.path();
      return {
        path: temporary,
        commit: (diffId: Digest) => this.#commit(temporary, diffId),
        [Symbol.asyncDispose]: async () => {
          if (statIfThere(temporary) !== undefined) await this.#removeTree(temporary);
        },
      };
    });
  }

  async #commit(temporary: string, diffId: Digest): Promise<string> {
    const { record, tree, link } = snapshotPaths(this.#store, hexOf(diffId));
    let distrusted: string | undefined;
    {
      await using _lock = await acquireLock(snapshotsLock(this.#store));
      if (isTrusted(record)) return tree;
      if (statIfThere(tree) !== undefined) {
        distrusted = this.#temps.path();
        fs.renameSync(tree, distrusted);
      }
      try {
        renameInto(temporary, tree);
        linkTo(path.relative(path.dirname(link), tree), link);
      } catch (error) {
        throw storeError(error, this.#store);
      }
      const content: SnapshotRecord = { version: 1, boot: bootId() };
      replaceFile(this.#temps, record, JSON.stringify(content));
    }
    if (distrusted !== undefined) await this.#removeTree(distrusted);
    return tree;
  }
}

/** Whether a record says that its tree was made whole, in this boot; counts as a use. */
export function isTrusted(record: string): boolean {
  if (recordedBoot(record) !== bootId()) return false;
  const stats = statIfThere(record);
  return stats !== undefined && noteUse(record, stats.mtimeMs);
}

/** The boot in which a snapshot was made; undefined where there is no whole record. */
export function recordedBoot(record: string): string | undefined {
  try {
    const { version, boot } = JSON.parse(fs.readFileSync(record, "utf8")) as Partial<SnapshotRecord>;
    return version === 1 ? boot : undefined;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function linkTo(target: string, link: string): void {
  try {
    fs.symlinkSync(target, link);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    fs.unlinkSync(link);
    fs.symlinkSync(target, link);
  }
}
