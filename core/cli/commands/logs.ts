import { containerLogs } from "../../toolkit/container-logs.ts";
import type { CommandAction } from "../command.ts";
import { countOption, flagOption, textOption } from "../options.ts";

/** Docker's other way to say it is any number below zero. */
const isAll = (tail: string | undefined): boolean => /^(?:all|-\d+)$/.test(tail ?? "");

export const logs: CommandAction = async ({ options, args, terminal, host }) => {
  const tail = textOption(options, "tail");
  const entries = containerLogs(
    {
      container: args[0] ?? "",
      follow: flagOption(options, "follow"),
      since: textOption(options, "since"),
      until: textOption(options, "until"),
      tail: isAll(tail) ? undefined : countOption(options, "tail"),
    },
    host,
  );
  const times = flagOption(options, "timestamps");
  for await (const { log, stream, time } of entries) {
    await terminal.write(stream, Buffer.from(times ? `${time} ${log}` : log));
  }
  return 0;
};
