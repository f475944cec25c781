import fs from "node:fs";
import { TsdockError } from "../../../errors/tsdock-error.ts";
import { bridgeLines, newBridgeLines } from "../plan/link-script.ts";
import {
  bridgeName,
  type Definitions,
  type EndpointRecord,
  type NetworkRecord,
} from "../plan/network-state.ts";
import { dropTableScript, networkUpScript, wholeTableScript } from "../plan/nft-script.ts";
import { acceptForwarding, forgetForwarding } from "./forward-accept.ts";
import { interfaceNames, routedInterfaces } from "./interfaces.ts";
import { runIp, runNft, type Side, writeSysctl } from "./side.ts";

/** Whether a network's bridge is there with its address and all that belongs to it. */
export const isUp = (side: Side, network: NetworkRecord): boolean =>
  routedInterfaces(side.proc).has(bridgeName(network));

export interface UpOptions {
  readonly side: Side;
  readonly definitions: Definitions;
  readonly network: NetworkRecord;
  /** Absolute path of the home: written into the bridge, so that people see whose it is. */
  readonly home: string;
  /** Loopback address of a resolver that containers reach through their gateway. */
  readonly resolver: string | undefined;
}

/** Makes what all containers of a network share: table, bridge, forwarding. The bridge's address comes last. */
export async function bringUp(options: UpOptions, signal: AbortSignal): Promise<void> {
  const { side, definitions, network, home, resolver } = options;
  const bridge = bridgeName(network);
  const exists = interfaceNames(side.proc).includes(bridge);
  await Promise.all([
    runNft(side, networkUpScript(definitions, network, resolver), signal),
    runIp(side, [...(exists ? [`link del ${bridge}`] : []), ...newBridgeLines(network, home)], signal),
    side.prefix.length === 0 ? acceptForwarding(bridge, signal) : undefined,
  ]);
  await enableForwarding(side, signal);
  // Published ports answer on 127.0.0.1 as well; the table keeps everything else of loopback out of the bridge's reach.
  await writeSysctl(side, `net/ipv4/conf/${bridge}/route_localnet`, "1", signal);
  await runIp(side, bridgeLines(network), signal);
}

const forwarding = "net/ipv4/ip_forward";

async function enableForwarding(side: Side, signal: AbortSignal): Promise<void> {
  if (side.prefix.length === 0 && fs.readFileSync(`/proc/sys/${forwarding}`, "latin1").trim() === "1") return;
  try {
    await writeSysctl(side, forwarding, "1", signal);
  } catch (error) {
    throw new TsdockError("NETWORK_UNAVAILABLE", "this machine forwards no packets and may not be told to", {
      cause: error,
      hint: "as root: sysctl net.ipv4.ip_forward=1; or use --network host",
    });
  }
}

export interface TableState {
  readonly side: Side;
  readonly definitions: Definitions;
  /** Networks that are up. */
  readonly networks: readonly NetworkRecord[];
  readonly endpoints: readonly EndpointRecord[];
  readonly resolver: string | undefined;
}

/** Makes the table what the state says, whatever it was: somebody may have flushed all rules of this machine. */
export const settleTable = (state: TableState, signal: AbortSignal): Promise<string> =>
  runNft(
    state.side,
    state.networks.length === 0
      ? dropTableScript(state.definitions)
      : wholeTableScript(state.definitions, state.networks, state.endpoints, state.resolver),
    signal,
  );

/** Removes networks' bridges and everything that goes with them. `rest` is what stays. */
export async function takeDown(
  networks: readonly NetworkRecord[],
  rest: TableState,
  signal: AbortSignal,
): Promise<void> {
  if (networks.length === 0) return;
  await settleTable(rest, signal);
  await removeLinks(rest.side, networks.map(bridgeName), signal);
  if (rest.side.prefix.length > 0) return;
  for (const network of networks) await forgetForwarding(bridgeName(network), signal);
}

/** Removes links that may be gone already, or go meanwhile with their namespaces. */
export async function removeLinks(side: Side, links: readonly string[], signal: AbortSignal): Promise<void> {
  const present = new Set(interfaceNames(side.proc));
  await Promise.all(links.filter((link) => present.has(link)).map((link) => removeLink(side, link, signal)));
}

async function removeLink(side: Side, link: string, signal: AbortSignal): Promise<void> {
  try {
    await runIp(side, [`link del ${link}`], signal);
  } catch (error) {
    if (interfaceNames(side.proc).includes(link)) throw error;
  }
}
