import path from "node:path";
import type { NetworkContext } from "./context.ts";
import type { Networks } from "./contract.ts";
import { createNetwork, listNetworks, pruneNetworks, removeNetwork } from "./manage.ts";
import { reclaim } from "./reclaim.ts";
import { reserve } from "./reserve.ts";
import { enterHolder, rootlessKeeper } from "./rootless/rootless-keeper.ts";
import { isRootless } from "./rootless/user-namespace.ts";
import { hostKeeper } from "./side-keeper.ts";
import { NetworkFiles } from "./state-files.ts";

/** The networks of a home: those of this machine as root, of a namespace of its own as another user. Nothing is made yet. */
export function openNetworks(home: string): Networks {
  const files = new NetworkFiles(path.join(home, "data", "networks"));
  const rootless = isRootless();
  const context: NetworkContext = { home, files, keeper: rootless ? rootlessKeeper(files) : hostKeeper };
  return {
    reserve: (options, signal) => reserve(context, options, signal),
    attach: async (options, signal) => {
      const reservation = await reserve(context, options, signal);
      try {
        await reservation.connect(options.netns, signal);
        return reservation;
      } catch (error) {
        await reservation.release();
        throw error;
      }
    },
    reclaim: (live, signal) => reclaim(context, live, signal),
    list: (signal) => listNetworks(context, signal),
    create: (options, signal) => createNetwork(context, options, signal),
    remove: (nameOrId, signal) => removeNetwork(context, nameOrId, signal),
    prune: (signal, isWanted) => pruneNetworks(context, signal, isWanted),
    entrance: (signal) => (rootless ? entrance(files, signal) : Promise.resolve([])),
  };
}

async function entrance(files: NetworkFiles, signal: AbortSignal): Promise<readonly string[]> {
  await using _lock = await files.lock(signal);
  return await enterHolder(files);
}
