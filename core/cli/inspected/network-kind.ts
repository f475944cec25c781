import { inspectNetwork } from "../../toolkit/network-inspect.ts";
import type { InspectedKind } from "../inspect-each.ts";

export const networkKind: InspectedKind = {
  shape: {
    IPAM: { Options: "texts", Config: "list" },
    Containers: "map",
    Options: "texts",
    Labels: "texts",
  },
  look: (name, { host }) => inspectNetwork(name, host),
};
