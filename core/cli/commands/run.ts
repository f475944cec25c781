import { isTsdockError } from "../../errors/tsdock-error.ts";
import { runFailureExitCode, runImage } from "../../toolkit/run-image.ts";
import type { CommandAction } from "../command.ts";
import { printFailure } from "../print-failure.ts";
import { commaList, listOption, textOption } from "../options.ts";

/** Whatever keeps a container from beginning ends with docker's code for it. */
export const run: CommandAction = async (invocation) => {
  try {
    return await runContainer(invocation);
  } catch (error) {
    if (!isTsdockError(error) || error.code === "INTERRUPTED") throw error;
    await printFailure(error, { terminal: invocation.terminal, debug: invocation.options["debug"] === true });
    return runFailureExitCode;
  }
};

const runContainer: CommandAction = async ({ options, args, host }) => {
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
