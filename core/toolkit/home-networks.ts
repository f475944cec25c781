import type { Networks } from "../run/network/contract.ts";
import { openNetworks } from "../run/network/open-networks.ts";
import { listContainers } from "../run/state/container-directory.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";

/** The networks of this user's home, without what containers left that were killed. */
export async function homeNetworks(host: Host): Promise<Networks> {
  const home = storeDirectory(host);
  const networks = openNetworks(home);
  const live = listContainers(home)
    .filter((container) => ["running", "restarting"].includes(container.state().status))
    .map(({ id }) => id);
  await networks.reclaim(new Set(live), host.signal);
  return networks;
}
