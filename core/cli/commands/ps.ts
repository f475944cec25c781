import { listAllContainers } from "../../toolkit/container-list.ts";
import { commandCell, type ContainerRow } from "../../toolkit/container-row.ts";
import { type GoStruct, printValue } from "../../util/go-template/go-value.ts";
import type { CommandAction } from "../command.ts";
import { formatRows } from "../format-rows.ts";
import { goTime } from "../go-time.ts";
import { countOption, flagOption, listOption, textOption } from "../options.ts";

const columns = "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";

const headers = {
  ID: "CONTAINER ID",
  Image: "IMAGE",
  Command: "COMMAND",
  CreatedAt: "CREATED AT",
  RunningFor: "CREATED",
  Status: "STATUS",
  State: "STATE",
  Ports: "PORTS",
  Names: "NAMES",
  Labels: "LABELS",
  Mounts: "MOUNTS",
  LocalVolumes: "LOCAL VOLUMES",
  Networks: "NETWORKS",
  Size: "SIZE",
};

export const ps: CommandAction = async ({ options, terminal, host }) => {
  const latest = flagOption(options, "latest") ? 1 : countOption(options, "last");
  const filters = listOption(options, "filter");
  const format = textOption(options, "format");
  const sized = flagOption(options, "size");
  // As docker: JSON of the whole row has it too.
  const size = sized || /\.Size\b|^json$|\bjson \.(?![A-Z])/.test(format ?? "");
  const rows = await listAllContainers(
    { all: flagOption(options, "all"), filters, last: latest, size },
    host,
  );
  const whole = options["trunc"] === false;
  const idOf = (row: ContainerRow): string => (whole ? row.id : row.id.slice(0, 12));
  if (flagOption(options, "quiet") && format === undefined) {
    for (const row of rows) terminal.out(`${idOf(row)}\n`);
    return 0;
  }
  const fields = rows.map((row) => fieldsOf(row, idOf(row), whole));
  terminal.out(
    await formatRows(fields, { format, columns: sized ? `${columns}\t{{.Size}}` : columns, headers }),
  );
  return 0;
};

const fieldsOf = (row: ContainerRow, id: string, whole: boolean): GoStruct => ({
  Command: commandCell(row.command, whole),
  CreatedAt: goTime(row.createdAt, "seconds"),
  ID: id,
  Image: row.image,
  Labels: Object.entries(row.labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(","),
  Label: (name) => row.labels[printValue(name)] ?? "",
  LocalVolumes: String(row.localVolumes),
  Mounts: row.mounts.join(","),
  Names: row.name,
  Networks: row.networks,
  Ports: row.ports,
  RunningFor: row.runningFor,
  State: row.state,
  Size: row.size,
  Status: row.status,
});
