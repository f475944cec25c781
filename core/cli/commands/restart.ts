import { restartOne } from "../../toolkit/container-start.ts";
import type { CommandAction } from "../command.ts";
import { secondsToStop } from "../options.ts";
import { eachContainer } from "./each-container.ts";

export const restart: CommandAction = (invocation) => {
  const timeout = secondsToStop(invocation.options);
  return eachContainer(invocation, (name) => restartOne(name, { timeout }, invocation.host));
};
