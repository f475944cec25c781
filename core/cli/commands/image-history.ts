import { imageHistory as readHistory } from "../../toolkit/image-history.ts";
import type { CommandAction } from "../command.ts";
import { formatTable } from "../format-table.ts";
import { commaList, flagOption, textOption } from "../options.ts";

const width = 45;

export const imageHistory: CommandAction = async ({ options, args, terminal, host }) => {
  const human = textOption(options, "human") !== "false";
  const rows = await readHistory(
    { image: args[0] ?? "", platform: commaList(options, "platform")[0], human },
    host,
  );
  if (flagOption(options, "json")) {
    terminal.out(`${JSON.stringify({ history: rows }, null, 2)}\n`);
    return 0;
  }
  const whole = options["trunc"] === false;
  const short = (text: string) => (whole || text.length <= width ? text : `${text.slice(0, width - 1)}…`);
  const idOf = (id: string) => (whole || !id.startsWith("sha256:") ? id : id.slice(7, 19));
  const body = rows.map((row) => [idOf(row.id), row.created, short(row.createdBy), row.size, row.comment]);
  terminal.out(formatTable([["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"], ...body]));
  return 0;
};
