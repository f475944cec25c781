import { inspectContainer } from "../../toolkit/container-inspect.ts";
import { configShape } from "../config-shape.ts";
import type { InspectedKind } from "../inspect-each.ts";
import { flagOption } from "../options.ts";

export const containerKind: InspectedKind = {
  shape: {
    Args: "list",
    HostConfig: {
      Binds: "list",
      LogConfig: { Config: "texts" },
      PortBindings: "map",
      CapAdd: "list",
      CapDrop: "list",
      GroupAdd: "list",
      SecurityOpt: "list",
      Links: "list",
      DeviceCgroupRules: "list",
      DeviceRequests: "list",
      Tmpfs: "texts",
    },
    GraphDriver: { Data: "texts" },
    Mounts: "list",
    Config: configShape,
    NetworkSettings: {
      Ports: "map",
      Networks: "map",
      SecondaryIPAddresses: "list",
      SecondaryIPv6Addresses: "list",
    },
  },
  look: (name, { host, options }) => inspectContainer(name, flagOption(options, "size"), host),
};
