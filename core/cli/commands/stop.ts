import { stopOne } from "../../toolkit/container-operations.ts";
import type { CommandAction } from "../command.ts";
import { secondsToStop } from "../options.ts";
import { eachContainer } from "./each-container.ts";

export const stop: CommandAction = (invocation) => {
  const timeout = secondsToStop(invocation.options);
  return eachContainer(invocation, (name) => stopOne(name, { timeout }, invocation.host));
};
