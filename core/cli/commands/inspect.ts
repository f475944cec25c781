import { inspectContainers } from "../../toolkit/container-inspect.ts";
import type { CommandAction } from "../command.ts";
import { formatInspected } from "../format-inspected.ts";
import { textOption } from "../options.ts";

export const inspect: CommandAction = async ({ options, args, host, terminal }) => {
  const documents = await inspectContainers(args, host);
  terminal.out(await formatInspected(documents, textOption(options, "format"), {}));
  return 0;
};
