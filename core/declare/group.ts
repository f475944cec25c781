import type { Image } from "./image.ts";
import { branded, instance } from "./instance.ts";
import { captureSite, type Site } from "./site.ts";
import { snapshot } from "./snapshot.ts";
import type { TagsOption } from "./tag-rule.ts";

const brand: unique symbol = Symbol.for("tsdock.group");

/** Images under one name for the command line: `tsdock build group:release`. */
export interface Group {
  readonly [brand]: object;
  readonly name: string;
  readonly images: readonly Image[];
  readonly options: GroupOptions;
  readonly site: Site;
}

export interface GroupOptions {
  /** Tags of its images instead of those of the workspace. */
  readonly tags?: TagsOption;
}

/**
 * Names images that are built and published together. It counts once it is exported.
 *
 * @example
 * export const release = group("release", [web, worker]);
 * export const nightly = group("nightly", [tools], { tags: [schedule(), sha()] });
 */
export function group(name: string, images: readonly Image[], options: GroupOptions = {}): Group {
  return Object.freeze({
    [brand]: instance,
    name,
    images: snapshot(images),
    options: snapshot(options),
    site: captureSite(),
  });
}

export const groupMark = (value: unknown): "ours" | "foreign" | undefined => branded(value, brand);
export const isGroup = (value: unknown): value is Group => groupMark(value) === "ours";
