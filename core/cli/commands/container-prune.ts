import { pruneContainers } from "../../toolkit/container-prune.ts";
import type { CommandAction } from "../command.ts";
import { confirm } from "../confirm.ts";
import { flagOption, listOption } from "../options.ts";

export const containerPrune: CommandAction = async ({ options, terminal, host }) => {
  const warning = "This will remove all stopped containers.";
  if (!flagOption(options, "force") && !(await confirm(terminal, warning))) return 0;
  const { ids, freedText } = await pruneContainers({ filters: listOption(options, "filter") }, host);
  if (ids.length > 0) terminal.out(`Deleted Containers:\n${ids.join("\n")}\n\n`);
  terminal.out(`Total reclaimed space: ${freedText}\n`);
  return 0;
};
