import { isTsdockError } from "../../errors/tsdock-error.ts";
import { removeOne } from "../../toolkit/container-operations.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";
import { printFailure } from "../print-failure.ts";
import { eachContainer } from "./each-container.ts";

/** As docker: with -f, one that is not there is told of and is no failure. */
export const rm: CommandAction = (invocation) => {
  const { options, host, terminal } = invocation;
  const [force, volumes] = [flagOption(options, "force"), flagOption(options, "volumes")];
  return eachContainer(invocation, async (name) => {
    try {
      await removeOne(name, { force, volumes }, host);
      return true;
    } catch (error) {
      if (!force || !isTsdockError(error) || error.code !== "CONTAINER_NOT_FOUND") throw error;
      await printFailure(error, { terminal, debug: options["debug"] === true });
      return false;
    }
  });
};
