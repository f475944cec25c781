import { TsdockError } from "../../errors/tsdock-error.ts";
import {
  freshIdentity,
  type NetworkContext,
  settledDefinitions,
  takenAddresses,
  tableState,
} from "./context.ts";
import type { CreateNetworkOptions, LabelledNetwork, NetworkView } from "./contract.ts";
import {
  defaultNetwork,
  type Definitions,
  type EndpointRecord,
  type NetworkRecord,
} from "./plan/network-state.ts";
import { findNetwork, newNetwork, viewNetwork } from "./plan/network-table.ts";
import { isUp, takeDown } from "./system/bring-up.ts";

/** Networks that exist without being made. Their ids are the same everywhere. */
const fixedNetworks = (created: string): readonly NetworkView[] =>
  [
    { name: "host", driver: "host", id: "1".repeat(64) },
    { name: "none", driver: "null", id: "0".repeat(64) },
  ].map((network) => ({
    ...network,
    driver: network.driver as NetworkView["driver"],
    created,
    internal: false,
    labels: {},
    endpoints: [],
  }));

/** All networks by name, as docker lists them. */
export async function listNetworks(
  context: NetworkContext,
  signal: AbortSignal,
): Promise<readonly NetworkView[]> {
  const { networks } = await readDefinitions(context, signal);
  const { endpoints } = context.files.endpoints();
  const created = networks.find(({ name }) => name === defaultNetwork)?.created ?? "";
  return [...fixedNetworks(created), ...networks.map((network) => viewNetwork(network, endpoints))].sort(
    (a, b) => (a.name < b.name ? -1 : 1),
  );
}

async function readDefinitions(context: NetworkContext, signal: AbortSignal): Promise<Definitions> {
  const read = context.files.definitions();
  if (read !== undefined) return read;
  await using _lock = await context.files.lock(signal);
  return settledDefinitions(context);
}

export async function createNetwork(
  context: NetworkContext,
  options: CreateNetworkOptions,
  signal: AbortSignal,
): Promise<NetworkView> {
  const { files, keeper } = context;
  await using _lock = await files.lock(signal);
  const definitions = settledDefinitions(context);
  const taken = takenAddresses(keeper, definitions);
  const network = newNetwork(definitions, options, taken, freshIdentity());
  files.writeDefinitions({ ...definitions, networks: [...definitions.networks, network] });
  return viewNetwork(network, []);
}

export async function removeNetwork(
  context: NetworkContext,
  nameOrId: string,
  signal: AbortSignal,
): Promise<string> {
  if (nameOrId === "host" || nameOrId === "none" || nameOrId === defaultNetwork) throw predefined(nameOrId);
  await using _lock = await context.files.lock(signal);
  const definitions = settledDefinitions(context);
  const network = findNetwork(definitions, nameOrId);
  if (network.name === defaultNetwork) throw predefined(nameOrId);
  const users = context.files.endpoints().endpoints.filter((endpoint) => endpoint.network === network.id);
  if (users.length > 0) throw inUse(network, users);
  await removeAll(context, definitions, [network], signal);
  return network.name;
}

export async function pruneNetworks(
  context: NetworkContext,
  signal: AbortSignal,
  isWanted: (network: LabelledNetwork) => boolean = () => true,
): Promise<readonly string[]> {
  await using _lock = await context.files.lock(signal);
  const definitions = settledDefinitions(context);
  const used = new Set(context.files.endpoints().endpoints.map(({ network }) => network));
  const unused = definitions.networks.filter((network) => !used.has(network.id) && isWanted(network));
  await removeAll(context, definitions, unused, signal);
  return unused.map(({ name }) => name).filter((name) => name !== defaultNetwork);
}

/** The kernel first, then the definitions: what is in the kernel is always in them. The default network's stays. */
async function removeAll(
  context: NetworkContext,
  definitions: Definitions,
  networks: readonly NetworkRecord[],
  signal: AbortSignal,
): Promise<void> {
  const side = context.keeper.current();
  if (side !== undefined) {
    const up = networks.filter((network) => isUp(side, network));
    await takeDown(up, tableState(context, side, definitions, up), signal);
  }
  const gone = networks.filter(({ name }) => name !== defaultNetwork);
  context.files.writeDefinitions({
    ...definitions,
    networks: definitions.networks.filter((network) => !gone.includes(network)),
  });
}

const predefined = (name: string): TsdockError =>
  new TsdockError("NETWORK_IN_USE", `${name} is a predefined network and cannot be removed`, {
    hint: "`tsdock network prune` takes its bridge down while no container uses it",
  });

const inUse = (network: NetworkRecord, users: readonly EndpointRecord[]): TsdockError =>
  new TsdockError(
    "NETWORK_IN_USE",
    `the network ${network.name} is used by ${users.map(({ name }) => name).join(", ")}`,
    {
      hint: "stop those containers first: tsdock stop NAME",
    },
  );
