import { expect, it } from "vitest";
import { homelessBridges } from "../../../core/run/network/system/sweep-bridges.ts";

it("takes bridges of homes that are gone for nobody's, but for those that something is connected to", () => {
  const links = [
    { ifname: "eth0" },
    { ifname: "tsd-00000000001", ifalias: "/gone" },
    { ifname: "tsd-00000000002", ifalias: "/there" },
    { ifname: "tsd-00000000003", ifalias: "/gone/too" },
    { ifname: "tsv1", master: "tsd-00000000003" },
    { ifname: "tsd-00000000004" },
    { ifname: "tsd-00000000005", ifalias: "somebody's" },
    { ifname: "br0", ifalias: "/gone" },
  ];
  expect(homelessBridges(links, (home) => home === "/there")).toEqual(["tsd-00000000001"]);
});
