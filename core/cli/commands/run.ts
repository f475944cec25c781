import { runImage } from "../../toolkit/run-image.ts";
import type { CommandAction } from "../command.ts";
import { commaList, listOption, textOption } from "../options.ts";

export const run: CommandAction = async ({ options, args, host }) => {
  const [image = "", ...command] = args;
  return runImage(
    {
      image,
      args: command,
      env: listOption(options, "env"),
      volumes: listOption(options, "volume"),
      network: textOption(options, "network") === "none" ? "none" : "host",
      workdir: textOption(options, "workdir"),
      user: textOption(options, "user"),
      entrypoint: textOption(options, "entrypoint"),
      hostname: textOption(options, "hostname"),
      runtime: textOption(options, "runtime"),
      platform: commaList(options, "platform")[0],
    },
    host,
  );
};
