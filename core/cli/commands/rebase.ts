import { rebase as rebaseAction } from "../../toolkit/rebase.ts";
import type { CommandAction } from "../command.ts";
import { formatRebase } from "../format-publish.ts";
import { flagOption, textOption } from "../options.ts";

export const rebase: CommandAction = async ({ options, args, terminal, host }) => {
  const [source = "", destination] = args;
  const dryRun = flagOption(options, "dryRun");
  const result = await rebaseAction(
    {
      source,
      destination,
      base: textOption(options, "base"),
      oldBase: textOption(options, "oldBase"),
      force: flagOption(options, "force"),
      dryRun,
      config: textOption(options, "config"),
    },
    host,
  );
  const json = flagOption(options, "json");
  terminal.out(json ? `${JSON.stringify(result, null, 2)}\n` : formatRebase(result, dryRun));
  return 0;
};
