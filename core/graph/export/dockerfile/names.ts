/** Gives things names in a Dockerfile: each another one, and none that already means something. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set([...taken, "scratch", "context"]);
  }

  /** The name as BuildKit takes it, with a number where it is taken. */
  take(wanted: string): string {
    const plain =
      wanted
        .toLowerCase()
        .replaceAll(/[^a-z0-9_.-]+/g, "-")
        .replace(/^[^a-z]+/, "") || "stage";
    let name = plain;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${plain}-${count}`;
    this.#taken.add(name);
    return name;
  }
}
