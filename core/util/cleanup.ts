/**
 * Resources of an action, given back in the opposite order, all of them even if one fails: what `Cleanup` is
 * where every supported Node has it.
 */
export class Cleanup implements AsyncDisposable {
  #work: (() => unknown)[] = [];

  use<T extends AsyncDisposable>(resource: T): T {
    this.#work.push(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  defer(work: () => unknown): void {
    this.#work.push(work);
  }

  /** Takes everything over: disposing this one then does nothing. */
  move(): Cleanup {
    const moved = new Cleanup();
    moved.#work = this.#work;
    this.#work = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let work = this.#work.pop(); work !== undefined; work = this.#work.pop()) {
      try {
        await work();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
