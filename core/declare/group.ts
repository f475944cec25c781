import type { Image } from "./image.ts";
import { branded, instance } from "./instance.ts";
import { captureSite, type Site } from "./site.ts";

const brand: unique symbol = Symbol.for("tsdock.group");

/** Images under one name for the command line: `tsdock build group:release`. */
export interface Group {
  readonly [brand]: object;
  readonly name: string;
  readonly images: readonly Image[];
  readonly site: Site;
}

/**
 * Names images that are built and published together. It counts once it is exported.
 *
 * @example
 * export const release = group("release", [web, worker]);
 */
export function group(name: string, images: readonly Image[]): Group {
  return Object.freeze({ [brand]: instance, name, images: Object.freeze([...images]), site: captureSite() });
}

export const groupMark = (value: unknown): "ours" | "foreign" | undefined => branded(value, brand);
export const isGroup = (value: unknown): value is Group => groupMark(value) === "ours";
