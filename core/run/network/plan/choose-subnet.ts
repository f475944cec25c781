import { TsdockError } from "../../../errors/tsdock-error.ts";
import { contains, formatSubnet, overlap, parseAddress, parseSubnet, type Subnet } from "./ipv4.ts";

/** Where networks are made by themselves: little used elsewhere (docker takes 172.16/12, podman 10.88/15). */
const pools = ["10.210.0.0/16", "10.214.0.0/16", "172.31.0.0/16", "192.168.192.0/18"].map(
  (text) => parseSubnet(text) as Subnet,
);
const prefixLength = 24;

/** What a new network must leave alone. */
export interface TakenAddresses {
  /** Destinations of routes and other networks' subnets. */
  readonly subnets: readonly Subnet[];
  /** Single addresses, as those of nameservers: numbers. */
  readonly addresses: readonly number[];
}

export const collides = (subnet: Subnet, taken: TakenAddresses): boolean =>
  taken.subnets.some((other) => overlap(subnet, other)) ||
  taken.addresses.some((address) => contains(subnet, address));

/** The first free block of 256 addresses. Error `NETWORK_FULL`. */
export function chooseSubnet(taken: TakenAddresses): Subnet {
  for (const pool of pools) {
    const end = pool.first + 2 ** (32 - pool.prefixLength);
    for (let first = pool.first; first < end; first += 2 ** (32 - prefixLength)) {
      const subnet = { first, prefixLength };
      if (!collides(subnet, taken)) return subnet;
    }
  }
  throw new TsdockError("NETWORK_FULL", "no private subnet is free: every candidate collides with a route", {
    hint: "make a network with a subnet of your own: tsdock network create --subnet 10.99.0.0/24 NAME",
  });
}

/** A subnet that somebody asked for. Error `NETWORK_INVALID`. */
export function requestedSubnet(text: string, taken: TakenAddresses): Subnet {
  const subnet = parseSubnet(text);
  if (subnet === undefined || subnet.prefixLength < 8 || subnet.prefixLength > 29) {
    throw new TsdockError("NETWORK_INVALID", `${JSON.stringify(text)} is not a subnet for a network`, {
      hint: "write an IPv4 network with a length from 8 to 29 and without host bits: 10.99.0.0/24",
    });
  }
  const other = taken.subnets.find((candidate) => overlap(subnet, candidate));
  if (other === undefined) return subnet;
  throw new TsdockError(
    "NETWORK_INVALID",
    `the subnet ${text} collides with ${formatSubnet(other)}, which this machine has a route to`,
    { hint: "choose another subnet, or leave it out to have a free one chosen" },
  );
}

/** The gateway of a network: the first address unless another one of it was asked for. Error `NETWORK_INVALID`. */
export function gatewayOf(subnet: Subnet, requested: string | undefined): number {
  if (requested === undefined) return subnet.first + 1;
  const address = parseAddress(requested);
  const last = subnet.first + 2 ** (32 - subnet.prefixLength) - 1;
  if (address !== undefined && address > subnet.first && address < last) return address;
  throw new TsdockError(
    "NETWORK_INVALID",
    `the gateway ${requested} is no host's address in ${formatSubnet(subnet)}`,
    {
      hint: "leave --gateway out to take the first address",
    },
  );
}
