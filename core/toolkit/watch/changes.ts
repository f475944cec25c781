/** A save is over when nothing was written for so long: editors write, rename and remove within a few milliseconds. */
const quietMs = 20;
/** A checkout of many files is waited for, but nobody who never stops writing. */
const longestMs = 200;

/** Changes of files, put together into those that belong to one save. */
export class Changes {
  readonly #files = new Set<string>();
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isReady = false;
  #tell: (() => void)[] = [];

  add(file: string): void {
    const now = performance.now();
    this.#files.add(file);
    this.#since ??= now;
    clearTimeout(this.#timer);
    const rest = Math.max(0, this.#since + longestMs - now);
    this.#timer = setTimeout(() => this.#ready(), Math.min(quietMs, rest));
  }

  /** Calls when there is something to take; at once where there is already. Gives what takes the call back. */
  whenReady(tell: () => void): () => void {
    if (this.#isReady) tell();
    else this.#tell.push(tell);
    return () => {
      this.#tell = this.#tell.filter((one) => one !== tell);
    };
  }

  /** Everything since it was asked last, in the order in which it came. */
  take(): readonly string[] {
    const files = [...this.#files];
    this.#files.clear();
    this.#since = undefined;
    this.#isReady = false;
    clearTimeout(this.#timer);
    return files;
  }

  #ready(): void {
    this.#isReady = true;
    const tell = this.#tell;
    this.#tell = [];
    for (const one of tell) one();
  }
}
