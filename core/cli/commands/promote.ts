import { promote as promoteAction } from "../../toolkit/promote.ts";
import type { CommandAction } from "../command.ts";
import { formatPromoteTable } from "../format-publish.ts";
import { flagOption, listOption, textOption } from "../options.ts";

export const promote: CommandAction = async ({ options, args, terminal, host }) => {
  const [source = "", destination] = args;
  const dryRun = flagOption(options, "dryRun");
  const result = await promoteAction(
    {
      source,
      destination,
      registry: textOption(options, "registry"),
      tags: listOption(options, "tag"),
      immutable: flagOption(options, "immutable"),
      dryRun,
      config: textOption(options, "config"),
    },
    host,
  );
  const json = flagOption(options, "json");
  terminal.out(json ? `${JSON.stringify(result, null, 2)}\n` : formatPromoteTable(result, dryRun));
  return 0;
};
