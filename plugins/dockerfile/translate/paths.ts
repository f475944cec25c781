import { join, staticText, text, type Value } from "../expand/value.ts";

const beginsAbsolute = (path: Value): boolean => typeof path[0] === "string" && path[0].startsWith("/");

/** A path from a directory on; undefined where the directory is needed and not known. */
export function resolvePath(directory: Value | undefined, path: Value): Value | undefined {
  const known = staticText(path);
  if (beginsAbsolute(path)) return known === undefined ? path : text(clean(known));
  if (directory === undefined) return undefined;
  const base = staticText(directory);
  if (base !== undefined && known !== undefined) return text(clean(`${base}/${known}`));
  return join(directory, text(base === "/" ? "" : "/"), path);
}

/** Without `.`, `..` and double slashes. */
export function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
