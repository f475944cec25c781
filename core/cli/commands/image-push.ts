import { pushImage } from "../../toolkit/image-push.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";

export const imagePush: CommandAction = async ({ options, args, terminal, host }) => {
  const quiet = flagOption(options, "quiet");
  const emit = quiet ? () => undefined : host.emit;
  const pushed = await pushImage({ image: args[0] ?? "" }, { ...host, emit });
  if (flagOption(options, "json")) terminal.out(`${JSON.stringify(pushed, null, 2)}\n`);
  else if (quiet) terminal.out(`${pushed.repository}:${pushed.tag}\n`);
  else terminal.out(`${pushed.tag}: digest: ${pushed.digest} size: ${pushed.size}\n`);
  return 0;
};
