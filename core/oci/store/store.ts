import fs from "node:fs";
import path from "node:path";
import type { EventSink } from "../../events.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import { ActionFiles } from "./action-files.ts";
import { BlobFiles } from "./blob-files.ts";
import { BuildRecords } from "./build-records.ts";
import { MountDirectories } from "./cache-mounts.ts";
import { CompressedFiles } from "./compressed-files.ts";
import { ContentFiles } from "./content-files.ts";
import type {
  ActionCache,
  Blobs,
  CacheMounts,
  CompressedLayers,
  Downloads,
  Facts,
  Images,
  Lease,
  Records,
  Snapshots,
  StateFiles,
} from "./contract.ts";
import { FactFiles } from "./image-facts.ts";
import { LayoutIndex } from "./layout-index.ts";
import { abandonedLeases, takeLease } from "./leases.ts";
import { isAbandonedLock, lockLitter } from "./lock.ts";
import { NamedImages } from "./named-images.ts";
import { openDirectory } from "./open-directory.ts";
import { promiseOf } from "./promise-of.ts";
import type { PrunableStore, PruneOptions, PruneReport } from "./prune.ts";
import type { RemovedContent } from "./remove-content.ts";
import { SnapshotDirectories, snapshotsLock } from "./snapshot-directories.ts";
import { KeyedStateFiles } from "./state-files.ts";
import { abandonedTemps, TempFiles } from "./temp-files.ts";
import type { UsageReport } from "./usage.ts";
import type { Problem, VerifyOptions } from "./verify.ts";

export interface StoreOptions {
  readonly emit?: EventSink;
  /**
   * Removes a tree whose files may belong to other users (snapshots, cache mounts): `Executor.remove`. Unless given,
   * the tree is removed as this process can.
   */
  readonly removeTree?: (directory: string) => Promise<void>;
}

const removeAsOurselves = (directory: string): Promise<void> =>
  fs.promises.rm(directory, { recursive: true, force: true });

/**
 * Everything that tsdock keeps on a machine: an OCI image layout with caches beside it (`docs/architecture.md`).
 * Many processes may use one store, and each may be killed at any moment: what is visible is whole.
 */
export class Store implements AsyncDisposable {
  /** Absolute. */
  readonly directory: string;
  readonly blobs: Blobs;
  readonly actions: ActionCache;
  readonly snapshots: Snapshots;
  readonly compressed: CompressedLayers;
  readonly images: Images;
  readonly downloads: Downloads;
  readonly mounts: CacheMounts;
  readonly contexts: StateFiles;
  readonly records: Records;
  readonly facts: Facts;
  readonly #index: LayoutIndex;
  readonly #temps: TempFiles;
  readonly #removeTree: (directory: string) => Promise<void>;

  private constructor(directory: string, options: StoreOptions) {
    const below = (...names: string[]): string => path.join(directory, ...names);
    const temps = new TempFiles(below("tmp"));
    this.directory = directory;
    this.#temps = temps;
    this.#removeTree = options.removeTree ?? removeAsOurselves;
    const blobs = new BlobFiles(below("blobs", "sha256"), temps);
    this.blobs = blobs;
    this.actions = new ActionFiles(below("actions"), temps);
    this.snapshots = new SnapshotDirectories(directory, temps, this.#removeTree);
    this.compressed = new CompressedFiles(below("layers"), below("locks"), temps);
    this.#index = new LayoutIndex(directory, below("locks", "index"), temps);
    this.images = new NamedImages(this.#index, blobs);
    this.downloads = new DownloadFiles(new ContentFiles(below("downloads", "sha256"), temps));
    this.mounts = new MountDirectories(below("mounts"), below("locks"), temps);
    this.contexts = new KeyedStateFiles(below("contexts"), temps);
    this.records = new BuildRecords(below("records"), temps);
    this.facts = new FactFiles(below("facts"), below("locks", "facts"), temps);
  }

  /**
   * Opens a store, and makes it where it does not exist. Removes what processes that were killed left behind.
   * Errors `STORE_INVALID`, `STORE_UNWRITABLE`, `DISK_FULL`.
   */
  static async open(directory: string, options: StoreOptions = {}): Promise<Store> {
    const absolute = path.resolve(directory);
    openDirectory(absolute);
    const store = new Store(absolute, options);
    await store.#removeAbandoned(options.emit);
    return store;
  }

  /** From now on until it is disposed, prune leaves alone whatever this process uses. */
  lease(): Promise<Lease> {
    return promiseOf(() => takeLease(path.join(this.directory, "leases")));
  }

  /** Removes what is not needed: see `PruneOptions`. Never what named images need or a process with a lease uses. */
  async prune(options: PruneOptions = {}): Promise<PruneReport> {
    const { prune } = await import("./prune.ts");
    return prune(this.#parts(), options);
  }

  /** Removes what images that lost their names were made of, where nothing else needs it: see `removeContent`. */
  async removeContent(images: readonly Descriptor[], signal?: AbortSignal): Promise<RemovedContent> {
    const { removeContent } = await import("./remove-content.ts");
    return removeContent(this.#parts(), images, signal);
  }

  /** What takes how much of the disk. */
  async usage(): Promise<UsageReport> {
    const { usage } = await import("./usage.ts");
    return usage(this.directory, this.blobs, this.#index);
  }

  /** Everything that is not as it should be, put right where `repair` says so. */
  async verify(options: VerifyOptions = {}): Promise<readonly Problem[]> {
    const { verify } = await import("./verify.ts");
    return verify(this.#parts(), options);
  }

  #parts(): PrunableStore {
    const removeTree = this.#removeTree;
    return {
      directory: this.directory,
      blobs: this.blobs,
      index: this.#index,
      temps: this.#temps,
      removeTree,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#temps[Symbol.asyncDispose]();
  }

  async #removeAbandoned(emit: EventSink | undefined): Promise<void> {
    const left = [
      ...abandonedLeases(path.join(this.directory, "leases")),
      ...lockLitter(path.join(this.directory, "locks")),
    ];
    for (const file of left) fs.rmSync(file, { force: true });
    const remove = async (what: string, removal: () => Promise<void>): Promise<void> => {
      try {
        await removal();
      } catch (error) {
        emit?.({
          type: "warning",
          code: "STORE_LEFTOVER",
          message: `${what} was left by a process that was killed and cannot be removed: ${(error as Error).message}`,
          hint: "run `tsdock doctor --repair` as the user who owns it",
        });
      }
    };
    for (const temporary of abandonedTemps(path.join(this.directory, "tmp")))
      await remove(temporary, () => this.#removeTree(temporary));
    if (!isAbandonedLock(snapshotsLock(this.directory))) return;
    const { dropHalfSnapshots } = await import("./verify.ts");
    await remove("half of a snapshot", () => dropHalfSnapshots(this.#parts()));
  }
}

class DownloadFiles implements Downloads {
  readonly #files: ContentFiles;

  constructor(files: ContentFiles) {
    this.#files = files;
  }

  has(sha256: string): boolean {
    return this.#files.size(sha256) !== undefined;
  }

  path(sha256: string): string {
    return this.#files.path(sha256);
  }

  pending(): ReturnType<Downloads["pending"]> {
    return this.#files.pending();
  }
}
