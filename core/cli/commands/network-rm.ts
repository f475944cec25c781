import { removeNetworks } from "../../toolkit/network-remove.ts";
import type { CommandAction } from "../command.ts";

export const networkRm: CommandAction = async ({ args, terminal, host }) => {
  await removeNetworks(args, (name) => terminal.out(`${name}\n`), host);
  return 0;
};
