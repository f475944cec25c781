import { startAttachedOne, startOne } from "../../toolkit/container-start.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";
import { eachContainer } from "./each-container.ts";

export const start: CommandAction = async (invocation) => {
  const { options, args, host, terminal, interrupts } = invocation;
  if (!flagOption(options, "attach")) return eachContainer(invocation, (name) => startOne(name, host));
  const { inputIsTerminal, write } = terminal;
  return startAttachedOne(args[0] ?? "", { inputIsTerminal, write, takeSignals: interrupts.handOver }, host);
};
