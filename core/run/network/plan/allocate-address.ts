import { TsdockError } from "../../../errors/tsdock-error.ts";
import { formatAddress, lastOf, parseAddress, parseSubnet, type Subnet } from "./ipv4.ts";
import type { NetworkRecord } from "./network-state.ts";

/**
 * A free host address of a network: the one after the address given last, so that one which was just given back rests
 * (neighbours and connections still remember it). Error `NETWORK_FULL`.
 */
export function allocateAddress(
  network: NetworkRecord,
  used: readonly string[],
  last: string | undefined,
): string {
  const subnet = parseSubnet(network.subnet) as Subnet;
  const taken = new Set([...used, network.gateway]);
  const low = subnet.first + 1;
  const count = lastOf(subnet) - low;
  const start = last === undefined ? low : (parseAddress(last) ?? low) + 1;
  for (let step = 0; step < count; step++) {
    const address = formatAddress(low + ((((start - low + step) % count) + count) % count));
    if (!taken.has(address)) return address;
  }
  throw new TsdockError("NETWORK_FULL", `all addresses of the network ${network.name} are in use`, {
    hint: "remove containers that are no longer needed, or make a larger network: tsdock network create --subnet 10.99.0.0/16 NAME",
  });
}

/** Locally administered, made from the address as docker does it: neighbours that remember it stay right. */
export const macOf = (address: string): string =>
  ["02", "42", ...address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))].join(":");
