import { execInOne } from "../../toolkit/container-exec.ts";
import type { CommandAction } from "../command.ts";
import { flagOption, listOption, textOption } from "../options.ts";

export const exec: CommandAction = ({ options, args, host, terminal }) => {
  const [container = "", ...argv] = args;
  return execInOne(
    {
      container,
      argv,
      detach: flagOption(options, "detach"),
      interactive: flagOption(options, "interactive"),
      tty: flagOption(options, "tty"),
      inputIsTerminal: terminal.inputIsTerminal,
      env: listOption(options, "env"),
      envFiles: listOption(options, "envFile"),
      user: textOption(options, "user"),
      workdir: textOption(options, "workdir"),
    },
    host,
  );
};
