import { isTsdockError, throwAll, type TsdockError } from "../errors/tsdock-error.ts";
import { homeVolumes } from "./home-volumes.ts";
import type { Host } from "./host.ts";

export interface RemoveVolumesRequest {
  readonly names: readonly string[];
  /** Volumes that are not there are no error, and told as removed. */
  readonly force: boolean;
}

/** Removes what can be removed, tells each by `removed`, then fails for the rest. Error `VOLUME_NOT_FOUND`, `VOLUME_IN_USE`. */
export async function removeVolumes(
  { names, force }: RemoveVolumesRequest,
  removed: (name: string) => void,
  host: Host,
): Promise<void> {
  const volumes = homeVolumes(host);
  const failures: TsdockError[] = [];
  for (const name of names) {
    try {
      await volumes.remove(name);
      removed(name);
    } catch (error) {
      if (!isTsdockError(error)) throw error;
      if (force && error.code === "VOLUME_NOT_FOUND") removed(name);
      else failures.push(error);
    }
  }
  throwAll(failures);
}
