import type { Setting } from "./setting.ts";

type Kind = "text" | "list" | "boolean";

/** The flags of an instruction by name. Errors `IMPORT_INVALID` for one that it does not have or that is given twice. */
export class Flags {
  readonly #setting: Setting;
  readonly #values = new Map<string, string[]>();

  constructor(setting: Setting, known: Readonly<Record<string, Kind>>) {
    this.#setting = setting;
    const { keyword, flags } = setting.instruction;
    for (const { name, value } of flags) {
      const kind = known[name];
      if (kind === undefined)
        throw setting.invalid(`${keyword} has no flag --${name}`, `--${name}`, hintOf(Object.keys(known)));
      if (value === undefined && kind !== "boolean")
        throw setting.invalid(`--${name} needs a value`, `--${name}`);
      const before = this.#values.get(name) ?? [];
      if (before.length > 0 && kind !== "list")
        throw setting.invalid(`--${name} is given twice`, `--${name}`);
      this.#values.set(name, [...before, value ?? "true"]);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  boolean(name: string): boolean {
    const value = this.text(name)?.toLowerCase() ?? "false";
    if (value === "true" || value === "") return true;
    if (value === "false") return false;
    throw this.#setting.invalid(
      `--${name} is true or false, and ${JSON.stringify(value)} is neither`,
      `--${name}`,
    );
  }
}

const hintOf = (known: readonly string[]): string | undefined =>
  known.length === 0 ? undefined : `it has ${known.map((name) => `--${name}`).join(", ")}`;
