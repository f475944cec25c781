import { formatPublishTable } from "../format-publish.ts";
import { publishImages } from "../../toolkit/publish-images.ts";
import type { CommandAction } from "../command.ts";
import { flagOption, listOption, solveSelection, textOption } from "../options.ts";

export const publish: CommandAction = async ({ options, args, terminal, host }) => {
  const result = await publishImages(
    {
      ...solveSelection(options, args),
      registry: textOption(options, "registry"),
      tags: listOption(options, "tag"),
      immutable: flagOption(options, "immutable"),
      dryRun: flagOption(options, "dryRun"),
    },
    host,
  );
  terminal.out(
    flagOption(options, "json") ? `${JSON.stringify(result, null, 2)}\n` : formatPublishTable(result),
  );
  return 0;
};
