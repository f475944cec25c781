import { inspectContainers } from "../../toolkit/container-inspect.ts";
import type { GoShape } from "../../util/go-template/from-json.ts";
import type { CommandAction } from "../command.ts";
import { configShape } from "../config-shape.ts";
import { formatInspected } from "../format-inspected.ts";
import { textOption } from "../options.ts";

const shape: GoShape = {
  Args: "list",
  HostConfig: {
    Binds: "list",
    LogConfig: { Config: "texts" },
    PortBindings: "map",
    CapAdd: "list",
    CapDrop: "list",
    Tmpfs: "texts",
  },
  GraphDriver: { Data: "texts" },
  Mounts: "list",
  Config: configShape,
  NetworkSettings: { Ports: "map", Networks: "map" },
};

export const inspect: CommandAction = async ({ options, args, host, terminal }) => {
  const documents = await inspectContainers(args, host);
  terminal.out(await formatInspected(documents, textOption(options, "format"), shape));
  return 0;
};
