import { TsdockError } from "../../errors/tsdock-error.ts";
import { lockWorkspace } from "../../toolkit/lock-workspace.ts";
import type { CommandAction } from "../command.ts";
import { assignments, commaList, flagOption, textOption } from "../options.ts";

export const lock: CommandAction = async ({ options, args, terminal, host }) => {
  const update = options["update"];
  const check = flagOption(options, "check");
  if (check && update !== undefined) {
    throw new TsdockError("USAGE", "--check only compares, and --update resolves again: give one of them", {
      hint: "tsdock lock --update, then tsdock lock --check",
    });
  }
  const result = await lockWorkspace(
    {
      images: args,
      platforms: commaList(options, "platform"),
      params: assignments(options, "set"),
      config: textOption(options, "config"),
      update: typeof update === "string" ? update.split(",") : update === true,
      check,
    },
    host,
  );
  if (flagOption(options, "json")) terminal.out(`${JSON.stringify(result, null, 2)}\n`);
  else
    for (const { action, entry, to } of result.entries)
      if (action !== "keep") terminal.out(`${action} ${entry}${to === undefined ? "" : ` ${to}`}\n`);
  return check && result.entries.some(({ action }) => action !== "keep") ? 3 : 0;
};
