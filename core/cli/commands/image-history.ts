import path from "node:path";
import { formatPlace } from "../../errors/place.ts";
import { type HistoryCells, imageHistory as readHistory } from "../../toolkit/image-history.ts";
import type { GoStruct } from "../../util/go-template/go-value.ts";
import type { CommandAction } from "../command.ts";
import { formatRows } from "../format-rows.ts";
import { commaList, flagOption, textOption } from "../options.ts";

const width = 45;
const columns = (source: boolean): string =>
  `{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t${source ? "{{.Source}}\t" : ""}{{.Comment}}`;
const headers = {
  ID: "IMAGE",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  CreatedBy: "CREATED BY",
  Size: "SIZE",
  Comment: "COMMENT",
  Source: "SOURCE",
};

export const imageHistory: CommandAction = async ({ options, args, terminal, host }) => {
  const human = textOption(options, "human") !== "false";
  const platform = commaList(options, "platform")[0];
  const source = flagOption(options, "source");
  const rows = await readHistory({ image: args[0] ?? "", platform, human, source }, host);
  const whole = options["trunc"] === false;
  const format = textOption(options, "format");
  if (flagOption(options, "json")) {
    terminal.out(`${JSON.stringify({ history: rows }, null, 2)}\n`);
  } else if (flagOption(options, "quiet") && format === undefined) {
    for (const { id } of rows) terminal.out(`${whole ? id : shortened(id)}\n`);
  } else {
    const fields = rows.map((row) => fieldsOf(row, whole, host.cwd));
    terminal.out(await formatRows(fields, { format, columns: columns(source), headers }));
  }
  return 0;
};

const shortened = (id: string): string => (id.startsWith("sha256:") ? id.slice(7, 19) : id);

function clip(text: string): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join("")}…`;
}

const fieldsOf = (row: HistoryCells, whole: boolean, cwd: string): GoStruct => ({
  Comment: row.comment,
  CreatedAt: row.createdAt,
  CreatedBy: whole ? row.createdBy : clip(row.createdBy),
  CreatedSince: row.created,
  ID: whole ? row.id : shortened(row.id),
  Size: row.size,
  ...(row.source === undefined ? {} : { Source: sourceCell(row.source, cwd) }),
});

const sourceCell = (place: HistoryCells["source"], cwd: string): string =>
  place === null || place === undefined
    ? ""
    : formatPlace({ ...place, file: path.relative(cwd, place.file) });
