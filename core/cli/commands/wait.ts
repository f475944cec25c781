import { isTsdockError } from "../../errors/tsdock-error.ts";
import { waitForOne } from "../../toolkit/container-wait.ts";
import type { CommandAction } from "../command.ts";
import { printFailure } from "../print-failure.ts";

/** Codes in the order of the names, since nothing else tells whose they are; one that fails does not keep the others from it. */
export const wait: CommandAction = async ({ args, host, terminal, options }) => {
  const ends = args.map((name) =>
    waitForOne(name, host).then(
      (code) => ({ code }),
      (error: unknown) => ({ error }),
    ),
  );
  let exitCode = 0;
  for (const end of ends) {
    const ended = await end;
    if ("code" in ended) {
      terminal.out(`${ended.code}\n`);
      continue;
    }
    if (!isTsdockError(ended.error) || ended.error.code === "INTERRUPTED") throw ended.error;
    exitCode = await printFailure(ended.error, { terminal, debug: options["debug"] === true });
  }
  return exitCode;
};
