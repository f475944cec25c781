import fs from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "../../oci/layer/byte-path.ts";
import type { ByteString } from "../../oci/layer/entry.ts";
import { fileKey, holdChild, holdDirectory, inHeld, statIn } from "./held-directory.ts";

/** A tree that paths are looked up in: that of a container, or all that this machine has. */
export interface Tree {
  /** Its root, held. */
  readonly root: number;
  /** Directories (`fileKey`) that look empty: what is mounted there is no file of the container. */
  readonly closed: ReadonlySet<string>;
}

/** Where a path leads. The descriptors stay open. */
export type Located =
  | { readonly type: "directory"; readonly directory: number; readonly name: ByteString }
  | { readonly type: "file"; readonly parent: number; readonly name: ByteString; readonly stats: fs.Stats }
  /** Only its last part is not there. */
  | { readonly type: "absent"; readonly parent: number; readonly name: ByteString }
  | { readonly type: "nowhere" };

const maxLinks = 40;

export const treeOf = (path: string): Tree => ({ root: holdDirectory(path), closed: new Set() });

/** What a runtime mounts for the kernel in a container that runs is no part of its files. */
export function containerTree(path: string): Tree {
  const root = holdDirectory(path);
  const { dev } = fs.fstatSync(root);
  const mounted = ["proc", "sys", "dev"].flatMap((name) => {
    const stats = statIn(root, name);
    return stats?.isDirectory() === true && stats.dev !== dev ? [fileKey(stats)] : [];
  });
  return { root, closed: new Set(mounted) };
}

const partsOf = (path: ByteString): ByteString[] =>
  path.split("/").filter((part) => part !== "" && part !== ".");

/**
 * Looks a path up as a process does whose root the tree has: links are read and followed by us, one directory after the
 * other, so that nothing outside is reached even where the container changes its tree meanwhile. Error `TREE_LINK_LOOP`.
 */
export function locate(
  { root, closed }: Tree,
  path: ByteString,
  { followLast }: { readonly followLast: boolean },
): Located {
  const todo = partsOf(path).reverse();
  const above: { readonly fd: number; readonly name: ByteString }[] = [{ fd: root, name: "" }];
  let links = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (part === "..") {
      if (above.length > 1) above.pop();
      continue;
    }
    const parent = above.at(-1)?.fd ?? root;
    const isClosed = closed.has(fileKey(fs.fstatSync(parent)));
    const stats = isClosed ? undefined : statIn(parent, part);
    const isLast = todo.length === 0;
    if (stats === undefined) return isLast && !isClosed ? { type: "absent", parent, name: part } : nowhere;
    if (stats.isSymbolicLink() && (!isLast || followLast)) {
      if (++links > maxLinks) throw linkLoop(path);
      const target = fs.readlinkSync(inHeld(parent, part), "latin1");
      if (target.startsWith("/")) above.length = 1;
      todo.push(...partsOf(target).reverse());
    } else if (stats.isDirectory()) above.push({ fd: holdChild(parent, part), name: part });
    else return isLast ? { type: "file", parent, name: part, stats } : nowhere;
  }
  const { fd, name } = above.at(-1) ?? { fd: root, name: "" };
  return { type: "directory", directory: fd, name };
}

const nowhere: Located = { type: "nowhere" };

const linkLoop = (path: ByteString): TsdockError =>
  new TsdockError("TREE_LINK_LOOP", `symbolic links lead in a circle on the way to ${showPath(path)}`, {
    hint: "name the file by a path without those links",
  });
