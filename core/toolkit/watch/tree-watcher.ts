import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { FileWatcher, FileWatcherOptions } from "./file-watcher.ts";
import { below, type Scope } from "./scope.ts";

/**
 * Watches directories, one notice of the kernel for each: files need none of their own. What is in a directory is not
 * remembered, since a change for nothing costs a build that finds everything done.
 */
export class TreeWatcher implements FileWatcher {
  readonly #options: FileWatcherOptions;
  readonly #watches = new Map<string, fs.FSWatcher>();
  #scope: Scope = { roots: [], single: [], enters: () => false, counts: () => false };
  #single: ReadonlySet<string> = new Set();
  /** What the scope names and is not there. */
  #missing: readonly string[] = [];

  constructor(options: FileWatcherOptions) {
    this.#options = options;
  }

  watch(scope: Scope, since?: number): void {
    this.#scope = scope;
    this.#locate(since);
    for (const directory of [...this.#watches.keys()]) if (!this.#isWanted(directory)) this.#close(directory);
    for (const root of scope.roots) this.#enter(root, since);
  }

  [Symbol.dispose](): void {
    for (const directory of [...this.#watches.keys()]) this.#close(directory);
  }

  /** Watches the single directories; one that is not there shows in the nearest above that is. */
  #locate(since: number | undefined): void {
    const { roots, single } = this.#scope;
    this.#single = new Set(single.map(nearest));
    for (const directory of this.#single) {
      if (!this.#add(directory)) continue;
      for (const { name } of entriesOf(directory)) this.#tellIfNewer(path.join(directory, name), since);
    }
    this.#missing = [...roots, ...single].filter(
      (directory) => !this.#watches.has(directory) && nearest(directory) !== directory,
    );
  }

  #isWanted(directory: string): boolean {
    return this.#single.has(directory) || this.#isInTree(directory);
  }

  #isInTree(directory: string): boolean {
    const { roots, enters } = this.#scope;
    return enters(directory) && roots.some((root) => below(root, directory) !== undefined);
  }

  /** Watches a directory and those below it that the scope enters. */
  #enter(directory: string, since: number | undefined): void {
    const isNew = this.#add(directory);
    for (const entry of entriesOf(directory)) {
      const file = path.join(directory, entry.name);
      if (isNew) this.#tellIfNewer(file, since);
      if (entry.isDirectory() && this.#scope.enters(file)) this.#enter(file, since);
    }
  }

  #tellIfNewer(file: string, since: number | undefined): void {
    if (since !== undefined && this.#scope.counts(file) && changedAt(file) > since)
      this.#options.changed(file);
  }

  /** Whether it was not watched before. */
  #add(directory: string): boolean {
    if (this.#watches.has(directory)) return false;
    try {
      const watcher = fs.watch(directory, (event, name) => this.#notice(directory, event, name));
      watcher.on("error", () => this.#close(directory));
      this.#watches.set(directory, watcher);
      return true;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      // Gone meanwhile, or not ours to read: the build says so if it matters.
      if (["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP"].includes(code)) return false;
      throw code === "ENOSPC" || code === "EMFILE" ? limitReached(code, this.#watches.size, error) : error;
    }
  }

  #close(directory: string): void {
    this.#watches.get(directory)?.close();
    this.#watches.delete(directory);
  }

  #notice(directory: string, event: fs.WatchEventType, name: string | null): void {
    if (!this.#watches.has(directory)) return;
    const file = name === null ? directory : path.join(directory, name);
    try {
      if (this.#scope.counts(file)) this.#options.changed(file);
      if (event === "rename") this.#renamed(file);
    } catch (error) {
      this.#options.failed(error);
    }
  }

  /** Something came or went. A directory of a name that is known may be another one now. */
  #renamed(file: string): void {
    const wasWatched = this.#watches.has(file);
    if (wasWatched)
      for (const directory of [...this.#watches.keys()])
        if (below(file, directory) !== undefined) this.#close(directory);
    const isDirectory = fs.lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
    if (isDirectory && this.#isInTree(file)) this.#enter(file, 0);
    if (!wasWatched && !this.#missing.some((one) => below(file, one) !== undefined)) return;
    const missing = this.#missing;
    this.#locate(0);
    for (const one of missing) if (this.#isInTree(one) && !this.#missing.includes(one)) this.#enter(one, 0);
  }
}

function nearest(directory: string): string {
  for (let at = directory; ; at = path.dirname(at))
    if (at === path.dirname(at) || fs.statSync(at, { throwIfNoEntry: false })?.isDirectory() === true)
      return at;
}

function entriesOf(directory: string): readonly fs.Dirent[] {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP"].includes(code)) return [];
    throw error;
  }
}

/** The kernel sets it at every write and rename, and nobody can set it back. */
const changedAt = (file: string): number => fs.lstatSync(file, { throwIfNoEntry: false })?.ctimeMs ?? 0;

const limitReached = (code: string, count: number, cause: unknown): TsdockError =>
  code === "ENOSPC"
    ? new TsdockError(
        "WATCH_LIMIT",
        `the system watches no more directories for this user: ${count} are watched`,
        {
          hint: "raise the limit (sysctl fs.inotify.max_user_watches=524288), hide directories in .dockerignore, or give --poll",
          cause,
        },
      )
    : new TsdockError("WATCH_LIMIT", "the system lets no more processes of this user watch files", {
        hint: "raise the limit (sysctl fs.inotify.max_user_instances=512), end other watchers, or give --poll",
        cause,
      });
