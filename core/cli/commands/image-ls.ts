import { type ImageRow, listImages } from "../../toolkit/image-list.ts";
import type { GoStruct } from "../../util/go-template/go-value.ts";
import type { CommandAction } from "../command.ts";
import { formatRows } from "../format-rows.ts";
import { goTime } from "../go-time.ts";
import { flagOption, listOption, textOption } from "../options.ts";

/** The mark of images that containers use has a column of its own where there are any. */
const columns = (digests: boolean, inUse: boolean): string =>
  `{{.Repository}}\t{{.Tag}}\t${digests ? "{{.Digest}}\t" : ""}{{.ID}}\t{{.CreatedSince}}\t{{.Size}}${inUse ? "\t{{.InUse}}" : ""}`;

const headers = {
  ID: "IMAGE ID",
  Repository: "REPOSITORY",
  Tag: "TAG",
  Digest: "DIGEST",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  Size: "SIZE",
  VirtualSize: "SIZE",
  Platforms: "PLATFORMS",
  Containers: "CONTAINERS",
  InUse: "IN USE",
};

export const imageLs: CommandAction = async ({ options, args, terminal, host }) => {
  const all = flagOption(options, "all");
  const rows = await listImages({ repository: args[0], filters: listOption(options, "filter"), all }, host);
  const whole = options["trunc"] === false;
  const idOf = (id: string) => (whole ? id : id.slice(7, 19));
  const format = textOption(options, "format");
  if (flagOption(options, "json")) {
    terminal.out(`${JSON.stringify({ images: rows }, null, 2)}\n`);
  } else if (flagOption(options, "quiet") && format === undefined) {
    for (const row of rows) terminal.out(`${idOf(row.id)}\n`);
  } else {
    const fields = rows.map((row) => fieldsOf(row, idOf(row.id)));
    const inUse = rows.some(({ containers }) => containers.length > 0);
    const shown = columns(flagOption(options, "digests"), inUse);
    terminal.out(await formatRows(fields, { format, columns: shown, headers }));
  }
  return 0;
};

const fieldsOf = (row: ImageRow, id: string): GoStruct => ({
  Containers: String(row.containers.length),
  CreatedAt: row.created === null ? "N/A" : goTime(row.created),
  CreatedSince: row.createdSince,
  Digest: row.digest ?? "<none>",
  ID: id,
  InUse: row.containers.length > 0 ? "U" : "",
  Platforms: row.platforms.join(", "),
  Repository: row.repository,
  // What docker says of them here: finding out costs more than a list may.
  SharedSize: "N/A",
  UniqueSize: "N/A",
  Size: row.humanSize,
  Tag: row.tag,
  VirtualSize: row.humanSize,
});
