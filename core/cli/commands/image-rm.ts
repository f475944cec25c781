import { removeImages } from "../../toolkit/image-rm.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";

export const imageRm: CommandAction = async ({ options, args, terminal, host }) => {
  for (const name of await removeImages({ images: args, force: flagOption(options, "force") }, host))
    terminal.out(`Untagged: ${name}\n`);
  return 0;
};
