import { TsdockError } from "../../errors/tsdock-error.ts";
import type { CommandAction } from "../command.ts";
import { completionScript, shells } from "../completion-script.ts";

export const completion: CommandAction = ({ args, terminal, table }) => {
  const shell = shells.find((one) => one === args[0]);
  if (shell === undefined)
    throw new TsdockError("USAGE", `there is no completion for ${args[0] ?? ""}`, {
      hint: `one of ${shells.join(", ")}`,
    });
  terminal.out(completionScript(shell, table));
  return Promise.resolve(0);
};
