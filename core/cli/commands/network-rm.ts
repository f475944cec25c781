import { removeNetworks } from "../../toolkit/network-remove.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";

export const networkRm: CommandAction = async ({ options, args, terminal, host }) => {
  await removeNetworks(
    { names: args, force: flagOption(options, "force") },
    (name) => terminal.out(`${name}\n`),
    host,
  );
  return 0;
};
