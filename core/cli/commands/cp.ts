import { TsdockError } from "../../errors/tsdock-error.ts";
import { copyOne } from "../../toolkit/container-copy.ts";
import { humanSize } from "../../toolkit/sizes.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";

/** As docker: only a person is told that it is done. */
export const cp: CommandAction = async ({ options, args, host, terminal }) => {
  const [source = "", destination = ""] = args;
  if (destination === "-" && process.stdout.isTTY) {
    throw new TsdockError("USAGE", "an archive is not written to a terminal", {
      hint: "redirect standard output",
    });
  }
  const copied = await copyOne(
    {
      source,
      destination,
      followLink: flagOption(options, "followLink"),
      keepOwners: flagOption(options, "archive"),
    },
    host,
  );
  if (terminal.interactive && destination !== "-" && !flagOption(options, "quiet"))
    terminal.err(`Successfully copied ${humanSize(copied.bytes, 3)} to ${copied.destination}\n`);
  return 0;
};
