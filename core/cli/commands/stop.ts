import { stopOne } from "../../toolkit/container-operations.ts";
import type { CommandAction } from "../command.ts";
import { countOption } from "../options.ts";
import { eachContainer } from "./each-container.ts";

export const stop: CommandAction = (invocation) => {
  const timeout =
    countOption(invocation.options, "time", -1) ?? countOption(invocation.options, "timeout", -1);
  return eachContainer(invocation, (name) => stopOne(name, { timeout }, invocation.host));
};
