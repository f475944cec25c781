import { inspectImages } from "../../toolkit/image-inspect.ts";
import type { CommandAction } from "../command.ts";
import { commaList } from "../options.ts";

export const imageInspect: CommandAction = async ({ options, args, terminal, host }) => {
  const images = await inspectImages({ images: args, platform: commaList(options, "platform")[0] }, host);
  terminal.out(`${JSON.stringify(images, null, 4)}\n`);
  return 0;
};
