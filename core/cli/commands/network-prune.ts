import { pruneNetworks } from "../../toolkit/network-prune.ts";
import type { CommandAction } from "../command.ts";
import { confirm } from "../confirm.ts";
import { flagOption, listOption } from "../options.ts";

const warning = "This will remove all custom networks not used by at least one container.";

export const networkPrune: CommandAction = async ({ options, terminal, host }) => {
  if (!flagOption(options, "force") && !(await confirm(terminal, warning))) return 0;
  const names = await pruneNetworks(listOption(options, "filter"), host);
  if (names.length > 0) terminal.out(`Deleted Networks:\n${names.join("\n")}\n\n`);
  return 0;
};
