import { pruneVolumes } from "../../toolkit/volume-prune.ts";
import type { CommandAction } from "../command.ts";
import { confirm } from "../confirm.ts";
import { flagOption, listOption } from "../options.ts";

export const volumePrune: CommandAction = async ({ options, terminal, host }) => {
  const all = flagOption(options, "all");
  const which = all ? "all" : "anonymous";
  const warning = `This will remove ${which} local volumes not used by at least one container.`;
  if (!flagOption(options, "force") && !(await confirm(terminal, warning))) return 0;
  const { names, freedText } = await pruneVolumes({ all, filters: listOption(options, "filter") }, host);
  if (names.length > 0) terminal.out(`Deleted Volumes:\n${names.join("\n")}\n\n`);
  terminal.out(`Total reclaimed space: ${freedText}\n`);
  return 0;
};
