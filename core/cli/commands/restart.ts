import { restartOne } from "../../toolkit/container-start.ts";
import type { CommandAction } from "../command.ts";
import { countOption } from "../options.ts";
import { eachContainer } from "./each-container.ts";

export const restart: CommandAction = (invocation) => {
  const timeout =
    countOption(invocation.options, "time", -1) ?? countOption(invocation.options, "timeout", -1);
  return eachContainer(invocation, (name) => restartOne(name, { timeout }, invocation.host));
};
