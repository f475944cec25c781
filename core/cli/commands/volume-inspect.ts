import { inspectVolumes } from "../../toolkit/volume-inspect.ts";
import type { CommandAction } from "../command.ts";
import { formatInspected } from "../format-inspected.ts";
import { textOption } from "../options.ts";

export const volumeInspect: CommandAction = async ({ options, args, terminal, host }) => {
  const documents = inspectVolumes(args, host);
  const shape = { Labels: "texts", Options: "texts" } as const;
  terminal.out(await formatInspected(documents, textOption(options, "format"), shape));
  return 0;
};
