import { TsdockError } from "../../errors/tsdock-error.ts";
import { exportAsLlb } from "../../toolkit/export/export-llb.ts";
import type { CommandAction } from "../command.ts";
import { assignments, commaList, textOption } from "../options.ts";

export const exportLlb: CommandAction = async ({ options, args, terminal, host }) => {
  const output = textOption(options, "output");
  if (output === undefined && process.stdout.isTTY) {
    throw new TsdockError("USAGE", "a definition is not written to a terminal", {
      hint: "give -o FILE, or hand standard output to buildctl build",
    });
  }
  const request = {
    images: args,
    platforms: commaList(options, "platform"),
    params: assignments(options, "set"),
    config: textOption(options, "config"),
    output,
  };
  const { bytes, command } = await exportAsLlb(request, host);
  if (bytes !== undefined) await terminal.write("stdout", bytes);
  terminal.err(`${command}\n`);
  return 0;
};
