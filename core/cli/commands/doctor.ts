import { examine } from "../../toolkit/doctor.ts";
import type { CommandAction } from "../command.ts";
import { flagOption } from "../options.ts";

export const doctor: CommandAction = async ({ options, terminal, host }) => {
  const report = await examine({ repair: flagOption(options, "repair") }, host);
  if (flagOption(options, "json")) terminal.out(`${JSON.stringify(report, null, 2)}\n`);
  else {
    for (const { name, finding } of report.machine) terminal.out(`${name}: ${finding}\n`);
    for (const problem of report.problems)
      terminal.out(
        `${problem.repaired ? "repaired" : "problem"} ${problem.code} ${problem.what}: ${problem.message}\n`,
      );
    if (report.problems.length === 0) terminal.out("the store is sound\n");
  }
  return report.problems.some((problem) => !problem.repaired) ? 3 : 0;
};
