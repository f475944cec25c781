import { removeImages } from "../../toolkit/image-rm.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";

export const imageRm: CommandAction = async ({ options, args, terminal, host }) => {
  const removed = await removeImages({ images: args, force: flagOption(options, "force") }, host);
  for (const name of removed.untagged) terminal.out(`Untagged: ${name}\n`);
  for (const digest of removed.deleted) terminal.out(`Deleted: ${digest}\n`);
  return 0;
};
