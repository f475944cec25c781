/** A block of IPv4 addresses. `first` has no host bits. */
export interface Subnet {
  readonly first: number;
  readonly prefixLength: number;
}

/** `10.0.0.1` as an unsigned number; undefined for anything else. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)) {
    return undefined;
  }
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

export const formatAddress = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");

const sizeOf = (prefixLength: number): number => 2 ** (32 - prefixLength);

/** `10.0.0.0/24`; undefined for anything else, also where host bits are set. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = "", length = "", ...more] = text.split("/");
  const first = parseAddress(address);
  if (first === undefined || more.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32)
    return undefined;
  const prefixLength = Number(length);
  return first % sizeOf(prefixLength) === 0 ? { first, prefixLength } : undefined;
}

export const formatSubnet = ({ first, prefixLength }: Subnet): string =>
  `${formatAddress(first)}/${prefixLength}`;

export const lastOf = ({ first, prefixLength }: Subnet): number => first + sizeOf(prefixLength) - 1;

export const contains = (subnet: Subnet, address: number): boolean =>
  address >= subnet.first && address <= lastOf(subnet);

export const overlap = (a: Subnet, b: Subnet): boolean => a.first <= lastOf(b) && b.first <= lastOf(a);
