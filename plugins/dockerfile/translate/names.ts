/** Words of the language and what modules and helpers use themselves. */
const taken = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for function if " +
    "implements import in instanceof interface let new null package private protected public return static super switch this throw " +
    "true try typeof var void while with yield async of arguments eval undefined " +
    "image scratch param mount formatPlatform img platform env process context stages required defaultPath Array Object String Number Error"
  ).split(" "),
);

/** `NODE_VERSION` → `nodeVersion`, `build-env` → `buildEnv`. */
export function camelCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const joined = words
    .map((word) => (/[a-z]/.test(word) ? word : word.toLowerCase()))
    .map((word, index) => (index === 0 ? lowerFirst(word) : upperFirst(word)))
    .join("");
  return /^[A-Za-z]/.test(joined) ? joined : `_${joined}`;
}

export const upperFirst = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
const lowerFirst = (word: string): string => word.slice(0, 1).toLowerCase() + word.slice(1);

/** Names of a module, each given once. */
export class Names {
  readonly #given: Set<string>;

  /** `given`: those that are taken already. */
  constructor(given: readonly string[] = []) {
    this.#given = new Set(given);
  }

  /** The first of the wishes that is free, else the last with a number. */
  give(...wishes: readonly [string, ...string[]]): string {
    const free = (name: string): boolean => !this.#given.has(name) && !taken.has(name);
    let name = wishes.find(free);
    for (let number = 2; name === undefined; number += 1) {
      const numbered = `${wishes.at(-1) ?? ""}${number}`;
      if (free(numbered)) name = numbered;
    }
    this.#given.add(name);
    return name;
  }
}
