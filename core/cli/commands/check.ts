import { checkWorkspace } from "../../toolkit/check-workspace.ts";
import type { CommandAction } from "../command.ts";
import { assignments, flagOption, textOption } from "../options.ts";
import { printFailures } from "../print-failure.ts";

export const check: CommandAction = async ({ options, terminal, host }) => {
  const problems = await checkWorkspace(
    { params: assignments(options, "set"), config: textOption(options, "config") },
    host,
  );
  if (flagOption(options, "json")) {
    const plain = problems.map(({ code, message, place, hint, details }) => ({
      code,
      message,
      place,
      hint,
      details,
    }));
    terminal.out(`${JSON.stringify({ problems: plain }, null, 2)}\n`);
  } else {
    await printFailures(problems, { terminal, debug: false });
    if (problems.length === 0) terminal.err("no problems found\n");
  }
  return problems.length === 0 ? 0 : 3;
};
