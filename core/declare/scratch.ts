import { branded, instance } from "./instance.ts";

const brand: unique symbol = Symbol.for("tsdock.scratch");

/** Nothing: no files, no configuration. */
export interface Scratch {
  readonly [brand]: object;
}

/** The empty base: `image().from(scratch)`. */
export const scratch: Scratch = Object.freeze({ [brand]: instance });

/** Nothing is nothing, whichever copy of the package says so. */
export const isScratch = (value: unknown): value is Scratch => branded(value, brand) !== undefined;
