import fs from "node:fs";
import { Store } from "../oci/store/store.ts";
import type { Executor } from "../build/executor.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";

/**
 * Opens the store of this user. Trees whose files belong to other users (rootless) are removed by the executor, which
 * is only started if it comes to that.
 */
export function openStore(host: Host, executor?: () => Promise<Executor>): Promise<Store> {
  return Store.open(storeDirectory(host), {
    emit: host.emit,
    removeTree: async (directory) => {
      try {
        await fs.promises.rm(directory, { recursive: true, force: true });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (executor === undefined || (code !== "EACCES" && code !== "EPERM")) throw error;
        await (await executor()).remove(directory);
      }
    },
  });
}
