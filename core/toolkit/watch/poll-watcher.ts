import fs from "node:fs";
import path from "node:path";
import type { FileWatcher, FileWatcherOptions } from "./file-watcher.ts";
import type { Scope } from "./scope.ts";

/** Size, times and inode of a path, as text; of a directory only that it is one, since its times say nothing of content. */
type Seen = Map<string, string>;

/** Looks again and again: for file systems that tell of no changes, such as those of a network or of a virtual machine. */
export class PollWatcher implements FileWatcher {
  readonly #options: FileWatcherOptions;
  readonly #intervalMs: number;
  #scope: Scope | undefined;
  #seen: Seen = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FileWatcherOptions, intervalMs: number) {
    this.#options = options;
    this.#intervalMs = intervalMs;
  }

  watch(scope: Scope, since?: number): void {
    const known = this.#scope === undefined ? undefined : this.#seen;
    this.#scope = scope;
    const now = look(scope);
    for (const [file, state] of now) {
      const before = known?.get(file);
      const isNew = before === undefined && since !== undefined && changedAt(file) > since;
      if (isNew || (before !== undefined && before !== state)) this.#options.changed(file);
    }
    this.#seen = now;
    this.#timer ??= setTimeout(() => this.#poll(), this.#intervalMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #poll(): void {
    if (this.#scope === undefined) return;
    try {
      const now = look(this.#scope);
      for (const [file, state] of now) if (this.#seen.get(file) !== state) this.#options.changed(file);
      for (const file of this.#seen.keys()) if (!now.has(file)) this.#options.changed(file);
      this.#seen = now;
      this.#timer = setTimeout(() => this.#poll(), this.#intervalMs);
    } catch (error) {
      this.#options.failed(error);
    }
  }
}

function look(scope: Scope): Seen {
  const seen: Seen = new Map();
  const entered = new Set<string>();
  const enter = (directory: string, isTree: boolean): void => {
    if (entered.has(directory)) return;
    if (isTree) entered.add(directory);
    for (const name of namesOf(directory)) {
      const file = path.join(directory, name);
      const stats = fs.lstatSync(file, { throwIfNoEntry: false });
      if (stats === undefined) continue;
      const isDirectory = stats.isDirectory();
      if (scope.counts(file))
        seen.set(
          file,
          isDirectory ? "directory" : [stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino].join(" "),
        );
      if (isTree && isDirectory && scope.enters(file)) enter(file, true);
    }
  };
  for (const root of scope.roots) enter(root, true);
  for (const directory of scope.single) enter(directory, false);
  return seen;
}

const changedAt = (file: string): number => fs.lstatSync(file, { throwIfNoEntry: false })?.ctimeMs ?? 0;

function namesOf(directory: string): readonly string[] {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP"].includes(code)) return [];
    throw error;
  }
}
