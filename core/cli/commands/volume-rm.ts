import { removeVolumes } from "../../toolkit/volume-remove.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";

export const volumeRm: CommandAction = async ({ options, args, terminal, host }) => {
  const force = flagOption(options, "force");
  await removeVolumes({ names: args, force }, (name) => terminal.out(`${name}\n`), host);
  return 0;
};
