import { pullImage } from "../../toolkit/image-pull.ts";
import type { CommandAction } from "../command.ts";
import { commaList } from "../options.ts";

export const imagePull: CommandAction = async ({ options, args, terminal, host }) => {
  const pulled = await pullImage(
    { reference: args[0] ?? "", platform: commaList(options, "platform")[0] },
    host,
  );
  terminal.out(`Digest: ${pulled.digest}\n${pulled.reference}\n`);
  return 0;
};
