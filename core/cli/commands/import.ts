import { importFiles } from "../../toolkit/import-file.ts";
import type { CommandAction } from "../command.ts";
import { assignments, flagOption, listOption, textOption } from "../options.ts";
import { printFailures } from "../print-failure.ts";

export const importCommand: CommandAction = async ({ options, args, terminal, host }) => {
  const result = await importFiles(
    {
      files: args.length === 0 ? ["Dockerfile"] : args,
      output: textOption(options, "output"),
      context: textOption(options, "context"),
      name: textOption(options, "name"),
      targets: listOption(options, "target"),
      args: assignments(options, "buildArg"),
      variables: assignments(options, "var"),
      config: textOption(options, "writeConfig"),
      baseEnv: assignments(options, "env"),
      paramPrefix: textOption(options, "prefix") ?? "",
      partial: flagOption(options, "partial"),
      force: flagOption(options, "force"),
    },
    host,
  );
  if (flagOption(options, "json")) {
    const problems = result.problems.map(({ code, message, place, hint }) => ({
      code,
      message,
      place,
      hint,
    }));
    terminal.out(
      `${JSON.stringify({ file: result.file ?? null, exports: result.exports, text: result.text, config: result.config?.text ?? null, problems }, null, 2)}\n`,
    );
    return 0;
  }
  await printFailures(result.problems, { terminal, debug: false });
  if (result.file === undefined) terminal.out(result.text);
  else terminal.err(`wrote ${result.file}: ${result.exports.join(", ")}\n`);
  if (result.config?.file !== undefined) terminal.err(`wrote ${result.config.file}\n`);
  return 0;
};
