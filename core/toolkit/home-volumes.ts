import fs from "node:fs";
import { Volumes } from "../run/volumes/volumes.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import { createLazyExecutor } from "./lazy-executor.ts";

/** The volumes of this user's home. Files of other users in them (rootless) are removed by the executor. */
export const homeVolumes = (host: Host): Volumes =>
  new Volumes(storeDirectory(host), async (directory) => {
    try {
      await fs.promises.rm(directory, { recursive: true, force: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EACCES" && code !== "EPERM") throw error;
      await removeByExecutor(directory, host);
    }
  });

async function removeByExecutor(directory: string, host: Host): Promise<void> {
  await using executor = createLazyExecutor({ host, runtime: undefined });
  await (await executor.get()).remove(directory);
}
