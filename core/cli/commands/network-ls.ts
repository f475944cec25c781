import { listNetworks } from "../../toolkit/network-list.ts";
import type { CommandAction } from "../command.ts";
import { formatRows } from "../format-rows.ts";
import { goTime } from "../go-time.ts";
import { flagOption, listOption, textOption } from "../options.ts";

const headers = {
  ID: "NETWORK ID",
  Name: "NAME",
  Driver: "DRIVER",
  Scope: "SCOPE",
  IPv6: "IPV6",
  Internal: "INTERNAL",
  Labels: "LABELS",
  CreatedAt: "CREATED AT",
};

export const networkLs: CommandAction = async ({ options, terminal, host }) => {
  const networks = await listNetworks({ filters: listOption(options, "filter") }, host);
  const idOf = (id: string): string => (options["trunc"] === false ? id : id.slice(0, 12));
  const format = textOption(options, "format");
  if (flagOption(options, "quiet") && format === undefined) {
    for (const { id } of networks) terminal.out(`${idOf(id)}\n`);
    return 0;
  }
  const rows = networks.map((network) => ({
    CreatedAt: goTime(network.created),
    Driver: network.driver,
    ID: idOf(network.id),
    IPv6: "false",
    Internal: String(network.internal),
    Labels: labelText(network.labels),
    Name: network.name,
    Scope: "local",
  }));
  const columns = "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}";
  terminal.out(await formatRows(rows, { format, columns, headers }));
  return 0;
};

/** As docker's lists have them: `KEY=VALUE,…` by key. */
export const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key] ?? ""}`)
    .join(",");
