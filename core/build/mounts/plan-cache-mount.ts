import fs from "node:fs";
import path from "node:path";
import type { Vertex } from "../../graph/definition.ts";
import type { ExecMount } from "../../graph/operation.ts";
import type { BuildContext } from "../operation-handler.ts";
import { contentOf, type Tree } from "../tree.ts";
import { ownerKey, ownerOf } from "./mount-owner.ts";
import type { PlannedMount } from "./planned-mount.ts";

type CacheMountOperation = Extract<ExecMount, { type: "cache" }>;

/** A directory that stays between builds: what commands leave in it never enters a key; what it begins with does. */
export function planCacheMount(
  mount: CacheMountOperation,
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): PlannedMount {
  const from = mount.from === undefined ? undefined : inputs[mount.from];
  const source = mount.source ?? "/";
  const begin = from === undefined ? "" : ` ${source} ${contentOf({ layers: from.layers })}`;
  return {
    name: mount.target,
    key: `cache ${mount.id} ${mount.readonly ? "ro" : "rw"}${ownerKey(mount)}${begin}`,
    async open(stack) {
      const id = `${mount.id} ${vertex.platform.os}/${vertex.platform.architecture}`;
      const cache = stack.use(await context.store.mounts.open(id, mount.sharing, context.signal));
      if (cache.created) {
        await beginAnew(cache.path, context);
        if (from !== undefined) {
          const { fillCache } = await import("./fill-cache.ts");
          await fillCache(from, source, cache.path, context);
        }
        await cache.ready();
      }
      const owner = ownerOf(mount);
      return {
        env: [],
        mounts: [
          {
            type: "bind",
            source: path.resolve(cache.path),
            target: mount.target,
            readonly: mount.readonly,
            ...(owner === undefined ? {} : { owner }),
          },
        ],
      };
    },
  };
}

/** Whoever began to fill it may have been killed: what it left may be half of a file, or another user's. */
async function beginAnew(directory: string, context: BuildContext): Promise<void> {
  const isOurs = fs.statSync(directory).uid === process.getuid?.();
  if (!isOurs || fs.readdirSync(directory).length > 0) {
    await (await context.executor()).remove(directory);
    fs.mkdirSync(directory);
  }
  fs.chmodSync(directory, 0o755);
}
