import fs from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allocateAddress, macOf } from "../../../core/run/network/plan/allocate-address.ts";
import { chooseSubnet, collides, requestedSubnet } from "../../../core/run/network/plan/choose-subnet.ts";
import {
  contains,
  formatAddress,
  formatSubnet,
  overlap,
  parseAddress,
  parseSubnet,
  type Subnet,
} from "../../../core/run/network/plan/ipv4.ts";
import type { NetworkRecord } from "../../../core/run/network/plan/network-state.ts";
import { writeUnconnectedFiles } from "../../../core/run/network/names/container-files.ts";
import { extraHostLine, firstHosts, withNeighbours } from "../../../core/run/network/names/hosts-file.ts";
import {
  formatResolvConf,
  parseResolvConf,
  planResolver,
} from "../../../core/run/network/names/resolv-conf.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const subnet = (text: string): Subnet => {
  const parsed = parseSubnet(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const network = (text: string): NetworkRecord => ({
  id: "a".repeat(64),
  name: "net",
  created: "2024-01-01T00:00:00Z",
  subnet: text,
  gateway: formatAddress(subnet(text).first + 1),
  automatic: true,
  internal: false,
  labels: {},
});

describe("IPv4", () => {
  it("reads what it writes", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 32 }), (address, length) => {
        expect(parseAddress(formatAddress(address))).toBe(address);
        const first = address - (address % 2 ** (32 - length));
        const block = { first, prefixLength: length };
        expect(parseSubnet(formatSubnet(block))).toEqual(block);
        expect(contains(block, address)).toBe(true);
        expect(overlap(block, { first: address, prefixLength: 32 })).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    "",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4/24",
    "1.2.3.0/33",
    "1.2.3.0/",
    "::/8",
    "1.2.3.0/24/8",
  ])("refuses %j as a subnet", (text) => expect(parseSubnet(text)).toBeUndefined());
});

describe("addresses of a network", () => {
  it("are unique until none is left, and rest after they were given back", () => {
    const net = network("10.0.0.0/28");
    const used: string[] = [];
    for (let count = 0; count < 13; count++) used.push(allocateAddress(net, used, used.at(-1)));
    expect(new Set(used).size).toBe(13);
    expect(used).not.toContain(net.gateway);
    expect(used).not.toContain("10.0.0.0");
    expect(used).not.toContain("10.0.0.15");
    expect(() => allocateAddress(net, used, used.at(-1))).toThrow(/all addresses/);
    expect(allocateAddress(net, [], "10.0.0.5")).toBe("10.0.0.6");
    expect(allocateAddress(net, [], "10.0.0.14")).toBe("10.0.0.2");
    expect(macOf("10.0.0.255")).toBe("02:42:0a:00:00:ff");
  });

  it("come from a subnet that collides with nothing", () => {
    const taken = fc.array(
      fc.record({ first: fc.nat({ max: 2 ** 24 - 1 }).map((n) => n * 256), prefixLength: fc.constant(24) }),
    );
    fc.assert(
      fc.property(taken, fc.array(fc.nat({ max: 255 })), (subnets, last) => {
        const addresses = last.map((byte) => subnet("10.210.0.0/24").first + byte * 256 + byte);
        const chosen = chooseSubnet({ subnets, addresses });
        expect(collides(chosen, { subnets, addresses })).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("are refused where a subnet is no private network's", () => {
    const free = { subnets: [], addresses: [] };
    for (const text of ["10.0.0.1/24", "10.0.0.0/30", "0.0.0.0/0", "nonsense"])
      expect(() => requestedSubnet(text, free)).toThrow(/is not a subnet/);
  });
});

const named = (address: string, name: string) => ({
  address,
  container: "0123456789abcdef".repeat(4),
  name,
  aliases: [],
  hostname: name,
});

describe("/etc/hosts", () => {
  it("has exactly the neighbours, and whatever the container wrote there", () => {
    const block = subnet("10.0.0.0/24");
    const self = named("10.0.0.2", "self");
    const written = `${firstHosts(self, ["192.0.2.7\textra"])}192.0.2.9\tmine\n`;
    const neighbour = fc.integer({ min: 3, max: 20 }).map((n) => named(`10.0.0.${n}`, `box${n}`));
    const lists = fc.array(fc.uniqueArray(neighbour, { selector: ({ address }) => address }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(lists, (rounds) => {
        const text = rounds.reduce((before, list) => withNeighbours(before, self, list, block), written);
        const ours = text.split("\n").filter((line) => line.startsWith("10.0.0."));
        const last = rounds.at(-1) ?? [];
        expect(new Set(ours.map((line) => line.split("\t")[0]))).toEqual(
          new Set(["10.0.0.2", ...last.map(({ address }) => address)]),
        );
        expect(ours).toHaveLength(last.length + 1);
        expect(text).toContain("127.0.0.1\tlocalhost\n");
        expect(text).toContain("192.0.2.7\textra\n");
        expect(text).toContain("192.0.2.9\tmine\n");
      }),
      { numRuns: 100 },
    );
  });

  it("takes extra hosts", () => {
    expect(extraHostLine("db:10.9.8.7", "10.0.0.1")).toBe("10.9.8.7\tdb");
    expect(extraHostLine("db=[fd00::1]", "10.0.0.1")).toBe("fd00::1\tdb");
    expect(extraHostLine("machine:host-gateway", "10.0.0.1")).toBe("10.0.0.1\tmachine");
    for (const text of ["db", "db:", ":1.2.3.4", "a b:1.2.3.4", "db:1.2.3", "db\n:1.2.3.4"])
      expect(() => extraHostLine(text, undefined)).toThrow(/is not NAME:ADDRESS/);
  });

  it("is there without a network too", async () => {
    await using tmp = temporaryDirectory();
    const { hosts, resolvConf } = writeUnconnectedFiles({
      directory: tmp.path,
      hostname: "box",
      network: "none",
      extraHosts: ["db:10.9.8.7"],
    });
    expect(fs.readFileSync(hosts, "utf8")).toMatch(/localhost[\s\S]*10\.9\.8\.7\tdb\n[\s\S]*\tbox\n/);
    expect(fs.readFileSync(resolvConf, "utf8")).toBe("");
  });
});

describe("/etc/resolv.conf", () => {
  const parse = (text: string) => parseResolvConf(text);

  it("keeps nameservers that a container can reach, search domains and options", () => {
    const system = parse(
      "# by dhcp\nnameserver 192.0.2.53 ; one\nnameserver ::1\nnameserver fd00::1\nsearch a.test b.test\noptions ndots:2\nnameserver bad\n",
    );
    const plan = planResolver(system, undefined);
    expect(plan.loopback).toBeUndefined();
    expect(formatResolvConf(plan)).toBe("nameserver 192.0.2.53\nsearch a.test b.test\noptions ndots:2\n");
  });

  it("asks whom systemd-resolved asks, and else the machine itself", () => {
    const stub = parse("nameserver 127.0.0.53\noptions edns0\n");
    expect(planResolver(stub, parse("nameserver 192.0.2.1\n"))).toMatchObject({
      nameservers: ["192.0.2.1"],
      loopback: undefined,
    });
    expect(planResolver(stub, undefined)).toMatchObject({ nameservers: [], loopback: "127.0.0.53" });
    expect(planResolver(parse(""), undefined).loopback).toBe("127.0.0.1");
  });
});
