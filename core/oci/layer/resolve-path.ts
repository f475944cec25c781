import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "./byte-path.ts";
import { type ByteString, joinPath, parentPath } from "./entry.ts";

/** As many as Linux follows. */
const maxLinks = 40;

export interface ResolveOptions {
  /** Whether a symbolic link at the path's end is followed; those on the way always are. */
  readonly followLast: boolean;
}

/**
 * Follows symbolic links within a tree, as a process does whose root it is: absolute targets begin at the root, `..`
 * ends there. Parts that do not exist stay as they are. `linkAt` gives a link's target, undefined for anything else.
 * Error `TREE_LINK_LOOP` after 40 links.
 */
export function resolvePath(
  linkAt: (path: ByteString) => ByteString | undefined,
  path: ByteString,
  { followLast }: ResolveOptions,
): ByteString {
  const todo = path.split("/").reverse();
  let done = "";
  let links = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      done = parentPath(done);
      continue;
    }
    const next = joinPath(done, part);
    const last = todo.every((rest) => rest === "");
    const target = last && !followLast ? undefined : linkAt(next);
    if (target === undefined) {
      done = next;
      continue;
    }
    if (++links > maxLinks) {
      throw new TsdockError(
        "TREE_LINK_LOOP",
        `symbolic links in the image lead from ${showPath(path)} in a circle`,
      );
    }
    if (target.startsWith("/")) done = "";
    todo.push(...target.split("/").reverse());
  }
  return done;
}
