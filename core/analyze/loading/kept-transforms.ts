import { createHash } from "node:crypto";
import path from "node:path";
import { seal, unseal } from "../../util/sealed-bytes.ts";

/** Raised when the same text would be transformed to another code: another transformer, other options. */
export const transformFormat = 1;

const format = `tsdock transforms ${transformFormat}`;

/**
 * The code that modules were transformed to, by their text: where nothing changed, the transformer is not even loaded. A state that
 * was damaged, or was made by another version, counts for nothing.
 */
export class KeptTransforms {
  readonly #known: ReadonlyMap<string, string>;
  /** What this run used. */
  readonly #used = new Map<string, string>();
  #isNew = false;

  constructor(state: Uint8Array | undefined) {
    this.#known = decode(state);
  }

  /** The code for a module's text as a file of this name, made now unless it is known. */
  code(file: string, text: string, make: () => string): string {
    const key = keyOf(path.extname(file), text);
    const known = this.#known.get(key) ?? this.#used.get(key);
    const code = known ?? make();
    if (known === undefined) this.#isNew = true;
    this.#used.set(key, code);
    return code;
  }

  /** What later runs may know; undefined where an earlier run's knowledge is as good. */
  state(): Uint8Array | undefined {
    if (!this.#isNew) return undefined;
    return seal(format, [Buffer.from(JSON.stringify([...this.#used]))]);
  }
}

const keyOf = (extension: string, text: string): string =>
  createHash("sha256").update(`${extension}\0${text}`).digest("hex");

function decode(state: Uint8Array | undefined): ReadonlyMap<string, string> {
  const text = unseal(format, state)?.toString();
  return new Map(text === undefined ? [] : (JSON.parse(text) as readonly (readonly [string, string])[]));
}
