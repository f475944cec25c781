import fs from "node:fs";
import path from "node:path";
import type { Vertex } from "../../graph/definition.ts";
import type { ExecMount } from "../../graph/operation.ts";
import type { BuildContext } from "../operation-handler.ts";
import type { Tree } from "../tree.ts";
import { fillCache } from "./fill-cache.ts";
import type { PlannedMount } from "./planned-mount.ts";

type CacheMountOperation = Extract<ExecMount, { type: "cache" }>;

/** A directory that stays between builds: what is in it never enters a key. */
export function planCacheMount(
  mount: CacheMountOperation,
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): PlannedMount {
  const { mode = 0o755, uid = 0, gid = 0 } = mount;
  return {
    name: mount.target,
    key: `cache ${mount.id} ${mount.readonly ? "ro" : "rw"}`,
    async open(stack) {
      const id = `${mount.id} ${vertex.platform.os}/${vertex.platform.architecture}`;
      const cache = stack.use(await context.store.mounts.open(id, mount.sharing, context.signal));
      if (cache.created) {
        // Whoever began to fill it was killed: what it left may be half of a file.
        for (const name of fs.readdirSync(cache.path))
          await (await context.executor()).remove(path.join(cache.path, name));
        fs.chmodSync(cache.path, mode);
        if (process.getuid?.() === 0) fs.chownSync(cache.path, uid, gid);
        const from = mount.from === undefined ? undefined : inputs[mount.from];
        if (from !== undefined) await fillCache(from, mount.source ?? "/", cache.path, context);
        await cache.ready();
      }
      return {
        env: [],
        mounts: [
          { type: "bind", source: path.resolve(cache.path), target: mount.target, readonly: mount.readonly },
        ],
      };
    },
  };
}
