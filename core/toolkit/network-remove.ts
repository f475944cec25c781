import { isTsdockError, throwAll, type TsdockError } from "../errors/tsdock-error.ts";
import { homeNetworks } from "./home-networks.ts";
import type { Host } from "./host.ts";

export interface RemoveNetworksRequest {
  readonly names: readonly string[];
  /** Networks that are not there are no error. */
  readonly force: boolean;
}

/** Removes what can be removed, tells each by `removed`, then fails for the rest. Error `NETWORK_NOT_FOUND`, `NETWORK_IN_USE`. */
export async function removeNetworks(
  { names, force }: RemoveNetworksRequest,
  removed: (name: string) => void,
  host: Host,
): Promise<void> {
  const networks = await homeNetworks(host);
  const failures: TsdockError[] = [];
  for (const name of names) {
    try {
      await networks.remove(name, host.signal);
      removed(name);
    } catch (error) {
      if (!isTsdockError(error)) throw error;
      if (!(force && error.code === "NETWORK_NOT_FOUND")) failures.push(error);
    }
  }
  throwAll(failures);
}
