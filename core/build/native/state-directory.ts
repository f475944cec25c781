import fs from "node:fs";
import path from "node:path";
import { keepFresh } from "../../oci/store/keep-fresh.ts";
import { isAbandoned, uniqueOwner } from "../../oci/store/process-owner.ts";
import { isMissing } from "../../oci/store/store-error.ts";
import { readNames } from "../../oci/store/temp-files.ts";

/** The directory of one running command. */
export interface StepDirectory extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
}

/** Where the kernel's cgroup hierarchies are. */
const cgroupRoot = "/sys/fs/cgroup";
/** Cgroups that runtimes make for us are below one of this name. */
export const cgroupParent = "tsdock";

/**
 * Work in progress below `base`, one directory per process and below that one per command. Everything that is mounted
 * lives in the command's own namespaces, so what a killed process leaves is files alone; the next process removes them.
 */
export class StateDirectory implements AsyncDisposable {
  readonly #base: string;
  readonly #warn: (message: string) => void;
  readonly #beforeRemoval: (directory: string) => void;
  #own: string | undefined;
  #fresh: Disposable | undefined;

  /** `beforeRemoval` is called with what an earlier process left: to end what still runs there. */
  constructor(
    base: string,
    warn: (message: string) => void,
    beforeRemoval: (directory: string) => void = () => undefined,
  ) {
    this.#base = base;
    this.#warn = warn;
    this.#beforeRemoval = beforeRemoval;
  }

  async step(id: string): Promise<StepDirectory> {
    const directory = path.join(this.#own ?? (await this.#open()), id);
    fs.mkdirSync(directory, { mode: 0o700 });
    return { path: directory, [Symbol.asyncDispose]: () => this.#remove(directory, id) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fresh?.[Symbol.dispose]();
    if (this.#own !== undefined) await removeTree(this.#own);
    this.#own = undefined;
  }

  /** A runtime that ended by itself has left no cgroup; one that was killed, as an abort does it, may have. */
  async #remove(directory: string, id: string): Promise<void> {
    try {
      removeCgroups(id);
    } catch (error) {
      this.#warn(`the cgroups of a command that has ended cannot be removed: ${(error as Error).message}`);
    }
    await removeTree(directory);
  }

  async #open(): Promise<string> {
    fs.mkdirSync(this.#base, { recursive: true });
    const own = path.join(this.#base, uniqueOwner());
    fs.mkdirSync(own, { mode: 0o700 });
    this.#own = own;
    this.#fresh = keepFresh(own);
    await this.#sweep();
    return own;
  }

  async #sweep(): Promise<void> {
    for (const name of fs.readdirSync(this.#base)) {
      const directory = path.join(this.#base, name);
      if (!isAbandoned(name, directory)) continue;
      try {
        this.#beforeRemoval(directory);
        // Another process may sweep at the same time.
        for (const id of readNames(directory)) removeCgroups(id);
        await removeTree(directory);
      } catch (error) {
        this.#warn(
          `what an earlier process left in ${directory} cannot be removed: ${(error as Error).message}`,
        );
      }
    }
  }
}

/** Removes a tree whatever its modes are. Nothing there is no error. */
export const removeTree = (directory: string): Promise<void> =>
  fs.promises.rm(directory, { recursive: true, force: true, maxRetries: 3 });

/** Removes the empty cgroups that a runtime which was killed left behind. */
function removeCgroups(id: string): void {
  const hierarchies = fs.existsSync(cgroupRoot) ? fs.readdirSync(cgroupRoot) : [];
  for (const hierarchy of ["", ...hierarchies]) {
    const cgroup = path.join(cgroupRoot, hierarchy, cgroupParent, id);
    if (fs.existsSync(cgroup)) removeEmpty(cgroup);
  }
}

/** Nothing there is no error. */
function removeEmpty(directory: string): void {
  try {
    fs.rmdirSync(directory);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
