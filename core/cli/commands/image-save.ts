import { saveImages } from "../../toolkit/image-save.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { CommandAction } from "../command.ts";
import { commaList, textOption } from "../options.ts";

export const imageSave: CommandAction = async ({ options, args, host }) => {
  const file = textOption(options, "output");
  if (file === undefined && process.stdout.isTTY) {
    throw new TsdockError("USAGE", "an archive is not written to a terminal", {
      hint: "give -o FILE, or redirect standard output",
    });
  }
  const format = textOption(options, "format") === "oci" ? "oci" : "docker";
  const request = { images: args, format, platform: commaList(options, "platform")[0] } as const;
  await saveImages(file === undefined ? { ...request, stream: process.stdout } : { ...request, file }, host);
  return 0;
};
