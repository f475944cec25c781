import { code, type Value } from "./value.ts";

/** What a variable stands for. */
export interface Binding {
  readonly value: Value;
  /** An ARG: RUN steps see it, the image's configuration does not hold it. */
  readonly fromArg: boolean;
  /** The empty text stands for a variable that is not set: an ARG without a default. */
  readonly emptyIsUnset: boolean;
}

/** Variables of a stage where an instruction stands. */
export class Scope {
  readonly #bindings: Map<string, Binding>;
  /** Whether a base that is not read may set more. */
  readonly #open: boolean;

  readonly #otherwise: ((name: string) => Binding | undefined) | undefined;

  constructor(
    open: boolean,
    bindings: Iterable<readonly [string, Binding]> = [],
    otherwise?: (name: string) => Binding | undefined,
  ) {
    this.#open = open;
    this.#otherwise = otherwise;
    this.#bindings = new Map(bindings);
  }

  /** `unknown`: what the base says. */
  get(name: string): Binding | "unset" | "unknown" {
    return this.#bindings.get(name) ?? this.#otherwise?.(name) ?? (this.#open ? "unknown" : "unset");
  }

  set(name: string, binding: Binding): void {
    this.#bindings.delete(name);
    this.#bindings.set(name, binding);
  }

  copy(): Scope {
    return new Scope(this.#open, this.#bindings, this.#otherwise);
  }

  /** What RUN steps see and the image's configuration does not hold. */
  args(): readonly (readonly [string, Binding])[] {
    return [...this.#bindings].filter(([, binding]) => binding.fromArg);
  }
}

export const plainBinding = (value: Value): Binding => ({ value, fromArg: false, emptyIsUnset: false });

/** A variable of the base, within a function that is given to `env()`. */
export const baseVariable = (name: string): Value =>
  code(/^[A-Za-z_]\w*$/.test(name) ? `env.${name}` : `env[${JSON.stringify(name)}]`, "env");
