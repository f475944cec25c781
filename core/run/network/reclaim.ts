import { isAbandoned } from "../../oci/store/process-owner.ts";
import { type NetworkContext, settledDefinitions, tableState } from "./context.ts";
import { tellNeighbours } from "./names/container-files.ts";
import { type EndpointRecord, linkName } from "./plan/network-state.ts";
import { isRedirected } from "./plan/nft-script.ts";
import { removeLinks, settleTable } from "./system/bring-up.ts";
import { forget } from "./reservation.ts";

/** See `Networks.reclaim`. */
export async function reclaim(
  context: NetworkContext,
  live: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const isDead = (endpoint: EndpointRecord): boolean =>
    !live.has(endpoint.container) && isAbandoned(endpoint.owner, endpoint.directory);
  const { files, keeper } = context;
  const before = files.endpoints();
  const isIdle = before.endpoints.length === 0 && before.holder !== undefined;
  if (!isIdle && !before.endpoints.some(isDead)) return;
  const dead = await markDead(context, isDead, signal);
  const side = keeper.current();
  if (side !== undefined && dead.length > 0) {
    await removeLinks(side, dead.map(linkName), signal);
    for (const endpoint of dead) await keeper.dropPorts(endpoint, signal);
    if (dead.some(({ ports }) => ports.some(isRedirected))) {
      await using _lock = await files.lock(signal);
      await settleTable(tableState(context, side, settledDefinitions(context)), signal);
    }
  }
  if (isIdle || dead.length > 0) await forget(context, dead, signal);
}

async function markDead(
  context: NetworkContext,
  isDead: (endpoint: EndpointRecord) => boolean,
  signal: AbortSignal,
): Promise<readonly EndpointRecord[]> {
  const { files } = context;
  await using _lock = await files.lock(signal);
  const state = files.endpoints();
  const endpoints = state.endpoints.map((endpoint) =>
    isDead(endpoint) ? { ...endpoint, leaving: true } : endpoint,
  );
  files.writeEndpoints({ ...state, endpoints });
  for (const network of settledDefinitions(context).networks) tellNeighbours(network, endpoints);
  return endpoints.filter(isDead);
}
