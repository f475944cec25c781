import type { Json } from "../util/json.ts";

/** What a declaration knows of the plugin behind a source. */
export interface SourceIdentity {
  /** `[a-z][a-z0-9-]*`; the name of its entries in `tsdock.lock` and of its options in the configuration. */
  readonly name: string;
  /** Raised whenever the same spec and lock entry would give other bytes: part of every key. */
  readonly version: number;
  /** What a person reads: `debian(bash, coreutils)`. */
  title(spec: Json): string;
}

const brand = Symbol.for("tsdock.source");

/** A file tree from a plugin, such as `debian({ packages })` gives: accepted by `.from()`, `copy({ from })`, `merge` and `diff`. */
export interface Source {
  readonly [brand]: true;
  readonly plugin: SourceIdentity;
  readonly spec: Json;
}

/** What a plugin's helper function returns. `spec` is plain JSON. */
export const source = (plugin: SourceIdentity, spec: Json): Source =>
  Object.freeze({ [brand]: true as const, plugin, spec });
export const isSource = (value: unknown): value is Source =>
  typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;
