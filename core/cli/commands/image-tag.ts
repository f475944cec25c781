import { tagImage } from "../../toolkit/image-tag.ts";
import type { CommandAction } from "../command.ts";

export const imageTag: CommandAction = async ({ args, host }) => {
  await tagImage({ image: args[0] ?? "", name: args[1] ?? "" }, host);
  return 0;
};
