import net from "node:net";
import type { Arguments, HclFunction } from "./arguments.ts";
import { many } from "./arguments.ts";

interface Network {
  readonly bits: 32 | 128;
  readonly address: bigint;
  readonly length: number;
}

function networkOf(args: Arguments): Network {
  const text = args.text(0);
  const [address = "", length = ""] = text.split("/");
  const version = net.isIP(address);
  const bits = version === 4 ? 32 : 128;
  if (version === 0 || !/^\d+$/.test(length) || Number(length) > bits)
    throw args.wrong(`${JSON.stringify(text)} is no network such as 10.0.0.0/8`);
  const number = addressNumber(address, bits);
  const host = BigInt(bits - Number(length));
  return { bits, address: (number >> host) << host, length: Number(length) };
}

function addressNumber(address: string, bits: number): bigint {
  if (bits === 32) return address.split(".").reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
  const url = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = "", after] = url.split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return [...head, ...zeros, ...tail].reduce((sum, part) => (sum << 16n) + BigInt(`0x${part}`), 0n);
}

function addressText(number: bigint, bits: number): string {
  const size = bits === 32 ? 8n : 16n;
  const parts = Array.from({ length: bits === 32 ? 4 : 8 }, (_, index) => {
    const shift = BigInt(bits) - size * BigInt(index + 1);
    return (number >> shift) & ((1n << size) - 1n);
  });
  if (bits === 32) return parts.join(".");
  return new URL(`http://[${parts.map((part) => part.toString(16)).join(":")}]`).hostname.slice(1, -1);
}

function subnet(args: Arguments, network: Network, newBits: number, number: bigint): string {
  const length = network.length + newBits;
  if (newBits < 0 || length > network.bits) throw args.wrong(`a prefix of ${length} bits is too long`);
  if (number < 0n || number >= 1n << BigInt(newBits))
    throw args.wrong(`${newBits} bits have no number ${number}`);
  const address = network.address + (number << BigInt(network.bits - length));
  return `${addressText(address, network.bits)}/${length}`;
}

function host(args: Arguments): string {
  const { bits, address, length } = networkOf(args);
  const size = 1n << BigInt(bits - length);
  const number = BigInt(args.whole(1));
  const offset = number < 0n ? size + number : number;
  if (offset < 0n || offset >= size) throw args.wrong(`the network has no host ${number}`);
  return addressText(address + offset, bits);
}

function mask(args: Arguments): string {
  const { bits, length } = networkOf(args);
  if (bits !== 32) throw args.wrong("only networks of IPv4 have masks");
  return addressText(((1n << BigInt(length)) - 1n) << BigInt(32 - length), 32);
}

/** Networks one after another, each at the next place where it fits. */
function subnets(args: Arguments): readonly string[] {
  const network = networkOf(args);
  let next = 0n;
  return args.values.slice(1).map((_, index) => {
    const newBits = args.whole(index + 1);
    const size = 1n << BigInt(Math.max(0, network.bits - network.length - newBits));
    const number = (next + size - 1n) / size;
    next = (number + 1n) * size;
    return subnet(args, network, newBits, number);
  });
}

export const networkFunctions: Readonly<Record<string, HclFunction>> = {
  cidrhost: [2, 2, host],
  cidrnetmask: [1, 1, mask],
  cidrsubnet: [3, 3, (args) => subnet(args, networkOf(args), args.whole(1), BigInt(args.whole(2)))],
  cidrsubnets: [2, many, subnets],
};
