import { killOne } from "../../toolkit/container-operations.ts";
import type { CommandAction } from "../command.ts";
import { textOption } from "../options.ts";
import { eachContainer } from "./each-container.ts";

export const kill: CommandAction = (invocation) => {
  const signal = textOption(invocation.options, "signal") ?? "KILL";
  return eachContainer(invocation, (name) => killOne(name, { signal }, invocation.host));
};
