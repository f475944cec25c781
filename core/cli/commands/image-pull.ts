import { pullImage } from "../../toolkit/image-pull.ts";
import type { CommandAction } from "../command.ts";
import { commaList, flagOption } from "../options.ts";

export const imagePull: CommandAction = async ({ options, args, terminal, host }) => {
  const request = { reference: args[0] ?? "", platform: commaList(options, "platform")[0] };
  const quiet = flagOption(options, "quiet");
  const emit = quiet ? () => undefined : host.emit;
  const pulled = await pullImage(request, { ...host, emit });
  const news = pulled.isNew ? "Downloaded newer image" : "Image is up to date";
  if (!quiet) terminal.out(`Digest: ${pulled.digest}\nStatus: ${news} for ${pulled.reference}\n`);
  terminal.out(`${pulled.wholeReference}\n`);
  return 0;
};
