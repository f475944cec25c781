import { parseLabels } from "../../toolkit/resource-filter.ts";
import { createVolume } from "../../toolkit/volume-create.ts";
import type { CommandAction } from "../command.ts";
import { listOption } from "../options.ts";

export const volumeCreate: CommandAction = ({ options, args, terminal, host }) => {
  const labels = parseLabels(listOption(options, "label"));
  terminal.out(`${createVolume({ name: args[0], labels }, host)}\n`);
  return Promise.resolve(0);
};
