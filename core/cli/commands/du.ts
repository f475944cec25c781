import { storeUsage } from "../../toolkit/store-usage.ts";
import type { CommandAction } from "../command.ts";
import { formatTable } from "../format-table.ts";
import { flagOption } from "../options.ts";

export const du: CommandAction = async ({ options, terminal, host }) => {
  const usage = await storeUsage(host);
  if (flagOption(options, "json")) terminal.out(`${JSON.stringify(usage, null, 2)}\n`);
  else
    terminal.out(
      formatTable([
        ["TYPE", "COUNT", "SIZE", "RECLAIMABLE"],
        ...usage.rows.map((row) => [row.type, String(row.count), row.humanSize, row.humanReclaimable]),
      ]),
    );
  return 0;
};
