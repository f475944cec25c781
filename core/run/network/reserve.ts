import { processOwner } from "../../oci/store/process-owner.ts";
import { newId, type NetworkContext, settledDefinitions } from "./context.ts";
import type { Reservation, ReserveOptions } from "./contract.ts";
import { makeReady } from "./make-ready.ts";
import { extraHostLine } from "./names/hosts-file.ts";
import { tellNeighbours, writeContainerFiles } from "./names/container-files.ts";
import { formatResolvConf, readResolver } from "./names/resolv-conf.ts";
import { allocateAddress, macOf } from "./plan/allocate-address.ts";
import type { EndpointRecord, Endpoints, NetworkRecord } from "./plan/network-state.ts";
import { findNetwork } from "./plan/network-table.ts";
import { claimPorts } from "./ports/claim-ports.ts";
import { LiveReservation } from "./reservation.ts";

/** See `Networks.reserve`. */
export async function reserve(
  context: NetworkContext,
  options: ReserveOptions,
  signal: AbortSignal,
): Promise<Reservation> {
  const { files, keeper } = context;
  await using _lock = await files.lock(signal);
  const definitions = settledDefinitions(context);
  const found = findNetwork(definitions, options.network);
  const side = await keeper.open(signal);
  const network = await makeReady(context, side, definitions, found, signal);
  const state = files.endpoints();
  const extra = (options.extraHosts ?? []).map((text) => extraHostLine(text, network.gateway));
  const held = await claimPorts(options.ports, state.endpoints, keeper.hold);
  try {
    const ports = held.map(({ port }) => port);
    const endpoint = newEndpoint(options, network, state, ports);
    writeContainerFiles(endpoint, extra, resolvConf(options, network, keeper.nameserver));
    const endpoints = [...state.endpoints, endpoint];
    const last = { ...state.last, [network.id]: endpoint.address };
    files.writeEndpoints({ ...state, endpoints, last });
    tellNeighbours(network, endpoints);
    return new LiveReservation(context, { side, network, endpoint, held });
  } catch (error) {
    await Promise.all(held.map((port) => port[Symbol.asyncDispose]()));
    throw error;
  }
}

function newEndpoint(
  options: ReserveOptions,
  network: NetworkRecord,
  { endpoints, last }: Endpoints,
  ports: EndpointRecord["ports"],
): EndpointRecord {
  const used = endpoints.filter((other) => other.network === network.id).map(({ address }) => address);
  const address = allocateAddress(network, used, last[network.id]);
  return {
    id: newId(),
    network: network.id,
    container: options.id,
    name: options.name,
    aliases: options.aliases ?? [],
    hostname: options.hostname,
    address,
    mac: macOf(address),
    ports,
    directory: options.directory,
    owner: processOwner(),
  };
}

function resolvConf({ dns }: ReserveOptions, network: NetworkRecord, nameserver: string | undefined): string {
  const { nameservers, rest } = readResolver();
  const found = nameservers.length > 0 ? nameservers : [nameserver ?? network.gateway];
  return formatResolvConf({ nameservers: dns === undefined || dns.length === 0 ? found : dns, rest });
}
