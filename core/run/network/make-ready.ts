import fs from "node:fs";
import path from "node:path";
import { acquireLock } from "../../oci/store/lock.ts";
import { gatewayResolver, type NetworkContext, takenAddresses } from "./context.ts";
import type { Definitions, NetworkRecord } from "./plan/network-state.ts";
import { replaced, resettled } from "./plan/network-table.ts";
import { bringUp, isUp } from "./system/bring-up.ts";
import type { Side } from "./system/side.ts";
import { sweepBridges } from "./system/sweep-bridges.ts";

/**
 * Brings a network up where it is not, on a subnet that is free now. Under the lock only; other homes of this machine are
 * kept from taking the same subnet meanwhile. Error `NETWORK_FULL`, `NETWORK_INVALID`.
 */
export async function makeReady(
  context: NetworkContext,
  side: Side,
  definitions: Definitions,
  network: NetworkRecord,
  signal: AbortSignal,
): Promise<NetworkRecord> {
  if (isUp(side, network)) return network;
  const { home, keeper, files } = context;
  await using _shared = await sharedLock(keeper.sharedLock, signal);
  if (keeper.sharedLock !== undefined) await sweepBridges(side, signal);
  const settled = resettled(network, takenAddresses(keeper, definitions, network));
  const changed = replaced(definitions, settled);
  if (settled !== network) files.writeDefinitions(changed);
  const resolver = gatewayResolver(keeper);
  await bringUp({ side, definitions: changed, network: settled, home, resolver }, signal);
  return settled;
}

async function sharedLock(file: string | undefined, signal: AbortSignal): Promise<AsyncDisposable> {
  if (file === undefined) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  return acquireLock(file, signal);
}
