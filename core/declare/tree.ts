import { type Files, type Tree, treeBrand } from "./files.ts";
import { branded, instance } from "./instance.ts";
import { captureSite } from "./site.ts";

/**
 * The files of all, later ones on top: each keeps its own layers, so one that changes leaves the others as they are.
 *
 * @example
 * export const tools = image().from(merge(node, python, "busybox"));
 */
export function merge(...trees: readonly [Files, Files, ...Files[]]): Tree {
  return Object.freeze({
    [treeBrand]: instance,
    type: "merge",
    inputs: Object.freeze([...trees]),
    site: captureSite(),
  });
}

/**
 * What `upper` has that `lower` has not; what `upper` lacks is removed wherever the difference is laid on.
 *
 * @example
 * const installed = diff(base, base.run("make install"));
 * export const app = image().from(merge(slim, installed));
 */
export function diff(...trees: readonly [lower: Files, upper: Files]): Tree {
  return Object.freeze({
    [treeBrand]: instance,
    type: "diff",
    inputs: Object.freeze([...trees]),
    site: captureSite(),
  });
}

export const treeMark = (value: unknown): "ours" | "foreign" | undefined => branded(value, treeBrand);
