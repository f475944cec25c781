import { showGraph } from "../../toolkit/show-graph.ts";
import type { CommandAction } from "../command.ts";
import { assignments, commaList, flagOption, textOption } from "../options.ts";

export const graph: CommandAction = async ({ options, args, terminal, host }) => {
  const format = flagOption(options, "json") ? "json" : (textOption(options, "format") ?? "text");
  const selection = {
    images: args,
    platforms: commaList(options, "platform"),
    params: assignments(options, "set"),
    config: textOption(options, "config"),
  };
  terminal.out(await showGraph({ ...selection, format }, host));
  return 0;
};
