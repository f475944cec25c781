import { pruneStore } from "../../toolkit/prune-store.ts";
import type { CommandAction } from "../command.ts";
import { flagOption, textOption } from "../options.ts";

export const prune: CommandAction = async ({ options, terminal, host }) => {
  const request = {
    keepStorage: textOption(options, "keepStorage"),
    all: flagOption(options, "all"),
    dryRun: flagOption(options, "dryRun"),
  };
  const report = await pruneStore(request, host);
  terminal.out(flagOption(options, "json") ? `${JSON.stringify(report, null, 2)}\n` : report.text);
  return 0;
};
