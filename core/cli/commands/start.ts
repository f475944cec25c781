import { TsdockError } from "../../errors/tsdock-error.ts";
import { startAttachedOne, startOne } from "../../toolkit/container-start.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";
import { eachContainer } from "./each-container.ts";

export const start: CommandAction = async (invocation) => {
  const { options, args, host, terminal, interrupts } = invocation;
  const attaches = flagOption(options, "attach") || flagOption(options, "interactive");
  if (!attaches) return eachContainer(invocation, (name) => startOne(name, host));
  if (args.length > 1) {
    throw new TsdockError("USAGE", "you cannot start and attach multiple containers at once", {
      hint: "start them without -a and -i",
    });
  }
  const { inputIsTerminal, write } = terminal;
  return startAttachedOne(args[0] ?? "", { inputIsTerminal, write, takeSignals: interrupts.handOver }, host);
};
