import { posix } from "node:path";

/** Joins as the working directory of a container does: relative paths go on from `base`, and nothing leaves the root. */
export const resolveFrom = (base: string, path: string): string => posix.resolve("/", base, path);
