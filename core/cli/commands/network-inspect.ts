import { inspectNetworks } from "../../toolkit/network-inspect.ts";
import type { CommandAction } from "../command.ts";
import { formatInspected } from "../format-inspected.ts";
import { textOption } from "../options.ts";

export const networkInspect: CommandAction = async ({ options, args, terminal, host }) => {
  const documents = await inspectNetworks(args, host);
  const shape = {
    IPAM: { Options: "texts", Config: "list" },
    Containers: "map",
    Options: "texts",
    Labels: "texts",
  } as const;
  terminal.out(await formatInspected(documents, textOption(options, "format"), shape));
  return 0;
};
