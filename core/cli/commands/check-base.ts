import { checkBase as checkBaseAction } from "../../toolkit/check-base.ts";
import type { CommandAction } from "../command.ts";
import { formatTable } from "../format-table.ts";
import { flagOption, textOption } from "../options.ts";

/** Exit code 3 where a base has moved. */
export const checkBase: CommandAction = async ({ options, args, terminal, host }) => {
  const result = await checkBaseAction({ images: args, config: textOption(options, "config") }, host);
  const { bases } = result;
  const short = (digest: string | null): string => digest?.slice(7, 19) ?? "gone";
  if (flagOption(options, "json")) terminal.out(`${JSON.stringify(result, null, 2)}\n`);
  else {
    const rows = bases.map(({ user, base, was, now, moved }) =>
      base === null
        ? ["unknown", user, "says no base that is in a registry", ""]
        : [moved ? "moved" : "same", user, base, moved ? `${short(was)} → ${short(now)}` : short(was)],
    );
    terminal.out(rows.length === 0 ? "no base is pinned\n" : formatTable(rows));
  }
  return bases.some(({ moved }) => moved) ? 3 : 0;
};
