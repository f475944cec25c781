import { loadImages } from "../../toolkit/image-load.ts";
import type { CommandAction } from "../command.ts";
import { textOption } from "../options.ts";

export const imageLoad: CommandAction = async ({ options, terminal, host }) => {
  const input = textOption(options, "input");
  const names = await loadImages(input === undefined ? { stream: process.stdin } : { path: input }, host);
  for (const name of names) terminal.out(`Loaded image: ${name}\n`);
  return 0;
};
