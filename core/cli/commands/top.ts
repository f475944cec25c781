import { containerTop } from "../../toolkit/container-top.ts";
import type { CommandAction } from "../command.ts";
import { formatTable } from "../format-table.ts";

/** Docker's width of columns of `ps`. */
const narrowest = 20;

export const top: CommandAction = async ({ args, host, terminal }) => {
  const [name = "", ...options] = args;
  const { titles, rows } = await containerTop(name, options, host);
  terminal.out(formatTable([titles, ...rows], narrowest));
  return 0;
};
