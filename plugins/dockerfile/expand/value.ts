/**
 * Text that a Dockerfile gives, as far as it is known when it is read: pieces of text, and expressions of TypeScript for what is
 * known when the declaration runs.
 */
export type Value = readonly (string | Code)[];

export interface Code {
  /** An expression of type `string` that binds tighter than `||`. */
  readonly code: string;
  /** Names that are only there in some places: the target `platform` in helpers, `env` in functions given to `env()`. */
  readonly needs: ReadonlySet<Need>;
  /** The type that an instruction asks for, where text is not enough. */
  readonly as?: string;
}

export type Need = "platform" | "env";

export const nothing: Value = [];

export const text = (value: string): Value => (value === "" ? nothing : [value]);

export const code = (expression: string, ...needs: readonly Need[]): Value => [
  { code: expression, needs: new Set(needs) },
];

/** Neighbouring text becomes one piece. */
export function join(...values: readonly Value[]): Value {
  const joined: (string | Code)[] = [];
  for (const part of values.flat()) {
    const last = joined.at(-1);
    if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
    else if (part !== "") joined.push(part);
  }
  return joined;
}

/** The text where all of it is known, else undefined. */
export function staticText(value: Value): string | undefined {
  if (value.length === 0) return "";
  return value.length === 1 && typeof value[0] === "string" ? value[0] : undefined;
}

export const needsOf = (value: Value): ReadonlySet<Need> =>
  new Set(value.flatMap((part) => (typeof part === "string" ? [] : [...part.needs])));

/** Whether it cannot be empty, whatever params say. */
export const neverEmpty = (value: Value): boolean => value.some((part) => typeof part === "string");
