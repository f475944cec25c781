import { removeOne } from "../../toolkit/container-operations.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";
import { eachContainer } from "./each-container.ts";

export const rm: CommandAction = (invocation) => {
  const force = flagOption(invocation.options, "force");
  const volumes = flagOption(invocation.options, "volumes");
  return eachContainer(invocation, (name) => removeOne(name, { force, volumes }, invocation.host));
};
