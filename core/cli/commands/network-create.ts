import { createNetwork } from "../../toolkit/network-create.ts";
import { parseLabels } from "../../toolkit/resource-filter.ts";
import type { CommandAction } from "../command.ts";
import { flagOption, listOption, textOption } from "../options.ts";

export const networkCreate: CommandAction = async ({ options, args, terminal, host }) => {
  const id = await createNetwork(
    {
      name: args[0] ?? "",
      subnet: textOption(options, "subnet"),
      gateway: textOption(options, "gateway"),
      internal: flagOption(options, "internal"),
      labels: parseLabels(listOption(options, "label")),
    },
    host,
  );
  terminal.out(`${id}\n`);
  return 0;
};
