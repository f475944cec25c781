import fs from "node:fs";
import { isMissing } from "../../oci/store/store-error.ts";
import type { ContainerDirectory } from "./container-directory.ts";

/** Does something with a container's files; undefined where another process removed them meanwhile, which is no error. */
export async function unlessRemoved<T>(
  container: ContainerDirectory,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error) && !fs.existsSync(container.path)) return undefined;
    throw error;
  }
}
