/** Gives things names in a Dockerfile: each another one, and none that already means something. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set([...taken, "scratch", "context"]);
  }

  /** The name as BuildKit takes it, with a number where it is taken. */
  take(wanted: string): string {
    return this.takeStem(wanted, [""]);
  }

  /** The beginning of names of which each has one of these endings. */
  takeStem(wanted: string, endings: readonly string[]): string {
    const plain =
      wanted
        .toLowerCase()
        .replaceAll(/[^a-z0-9_.-]+/g, "-")
        .replace(/^[^a-z]+/, "") || "stage";
    let stem = plain;
    for (let count = 2; endings.some((ending) => this.#taken.has(stem + ending)); count += 1)
      stem = `${plain}-${count}`;
    for (const ending of endings) this.#taken.add(stem + ending);
    return stem;
  }
}
