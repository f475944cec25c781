import { listVolumes } from "../../toolkit/volume-list.ts";
import type { CommandAction } from "../command.ts";
import { formatRows } from "../format-rows.ts";
import { flagOption, listOption, textOption } from "../options.ts";
import { labelText } from "./network-ls.ts";

const headers = {
  Driver: "DRIVER",
  Labels: "LABELS",
  Links: "LINKS",
  Mountpoint: "MOUNTPOINT",
  Name: "VOLUME NAME",
  Scope: "SCOPE",
  Size: "SIZE",
};

export const volumeLs: CommandAction = async ({ options, terminal, host }) => {
  const volumes = listVolumes({ filters: listOption(options, "filter") }, host);
  const format = textOption(options, "format");
  if (flagOption(options, "quiet") && format === undefined) {
    for (const { name } of volumes) terminal.out(`${name}\n`);
    return 0;
  }
  const rows = volumes.map(({ name, labels, mountpoint }) => ({
    Driver: "local",
    Labels: labelText(labels),
    Links: "N/A",
    Mountpoint: mountpoint,
    Name: name,
    Scope: "local",
    Size: "N/A",
  }));
  terminal.out(await formatRows(rows, { format, columns: "{{.Driver}}\t{{.Name}}", headers }));
  return 0;
};
