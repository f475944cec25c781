import { isTsdockError } from "../../errors/tsdock-error.ts";
import { execInOne } from "../../toolkit/container-exec.ts";
import type { CommandAction, Invocation } from "../command.ts";
import { flagOption, listOption, textOption } from "../options.ts";
import { printFailure } from "../print-failure.ts";

/** Docker's code for a command that was not begun in a container that runs, whatever the reason. */
const notBegun = 126;

export const exec: CommandAction = async (invocation) => {
  try {
    return await execAsAsked(invocation);
  } catch (error) {
    if (!isTsdockError(error) || !["USER_UNKNOWN", "EXECUTOR_FAILED"].includes(error.code)) throw error;
    const { options, terminal } = invocation;
    await printFailure(error, { terminal, debug: options["debug"] === true });
    return notBegun;
  }
};

function execAsAsked({ options, args, host, terminal }: Invocation): Promise<number> {
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
}
