import fs from "node:fs";
import path from "node:path";
import { type ByteString, toByteString } from "../../oci/layer/entry.ts";
import { packLayerTo } from "../../oci/layer/pack-layer-to.ts";
import type { FileTree, TreeEntry } from "../../oci/layer/tree.ts";
import type { BuildContext } from "../operation-handler.ts";
import type { Tree } from "../tree.ts";

/** What a directory of a tree holds, with paths below that directory. */
export function entriesBelow(tree: FileTree, directory: string): readonly TreeEntry[] {
  const plain = toByteString(path.posix.normalize(`/${directory}`)).replace(/^\/|\/$/g, "");
  const from: ByteString = tree.resolve(plain, { followLast: true });
  return [...tree.entries(from)].flatMap((entry) => {
    if (entry.path === from) return [];
    return [{ ...entry, path: from === "" ? entry.path : entry.path.slice(from.length + 1) }];
  });
}

/** Puts the files of an image into a new cache directory. */
export async function fillCache(
  from: Tree,
  source: string,
  directory: string,
  context: BuildContext,
): Promise<void> {
  const entries = entriesBelow(await context.layers.tree(from.layers), source);
  if (entries.length === 0) return;
  await using tar = await context.store.blobs.pending();
  await packLayerTo(entries, tar.path, context.signal);
  // Below the directory, where whoever begins anew removes it: what is moved stays on its file system.
  const filled = path.join(directory, ".tsdock-new");
  await (await context.executor()).unpack(tar.path, filled, context.signal);
  for (const name of fs.readdirSync(filled))
    fs.renameSync(path.join(filled, name), path.join(directory, name));
  fs.rmdirSync(filled);
}
