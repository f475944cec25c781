import { pruneImages } from "../../toolkit/image-prune.ts";
import type { CommandAction } from "../command.ts";
import { confirm } from "../confirm.ts";
import { flagOption, listOption } from "../options.ts";

export const imagePrune: CommandAction = async ({ options, terminal, host }) => {
  const all = flagOption(options, "all");
  const what = all ? "all images without at least one container associated to them" : "all dangling images";
  if (!flagOption(options, "force") && !(await confirm(terminal, `This will remove ${what}.`))) return 0;
  const removed = await pruneImages({ all, filters: listOption(options, "filter") }, host);
  const lines = [
    ...removed.untagged.map((name) => `untagged: ${name}`),
    ...removed.deleted.map((digest) => `deleted: ${digest}`),
  ];
  if (lines.length > 0) terminal.out(`Deleted Images:\n${lines.join("\n")}\n\n`);
  terminal.out(`Total reclaimed space: ${removed.humanFreed}\n`);
  return 0;
};
