import { listImages } from "../../toolkit/image-list.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";
import { formatTable } from "../format-table.ts";

export const imageLs: CommandAction = async ({ options, args, terminal, host }) => {
  const rows = await listImages({ repository: args[0] }, host);
  const whole = options["trunc"] === false;
  const idOf = (id: string) => (whole ? id : id.slice(7, 19));
  if (flagOption(options, "json")) {
    terminal.out(`${JSON.stringify({ images: rows }, null, 2)}\n`);
  } else if (flagOption(options, "quiet")) {
    for (const id of new Set(rows.map((row) => idOf(row.id)))) terminal.out(`${id}\n`);
  } else {
    const digests = flagOption(options, "digests");
    const head = ["REPOSITORY", "TAG", ...(digests ? ["DIGEST"] : []), "IMAGE ID", "CREATED", "SIZE"];
    const body = rows.map((row) => [
      row.repository,
      row.tag,
      ...(digests ? [row.digest] : []),
      idOf(row.id),
      row.createdSince,
      row.humanSize,
    ]);
    terminal.out(formatTable([head, ...body]));
  }
  return 0;
};
