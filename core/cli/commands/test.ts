import type { FileResult } from "../../toolkit/structure/report.ts";
import { structureTests } from "../../toolkit/structure-tests.ts";
import { plainText } from "../../util/plain-text.ts";
import type { CommandAction, Terminal } from "../command.ts";
import { assignments, commaList, flagOption, textOption } from "../options.ts";
import { paint } from "../paint.ts";

export const test: CommandAction = async ({ options, args, terminal, host }) => {
  const [image = "", ...files] = args;
  const isJson = flagOption(options, "json");
  const report = await structureTests(
    {
      image,
      files,
      platform: commaList(options, "platform")[0],
      build: flagOption(options, "build"),
      params: assignments(options, "set"),
      config: textOption(options, "config"),
      junit: textOption(options, "junit"),
      ...(isJson ? {} : { onResult: (result) => terminal.out(resultLines(result, terminal)) }),
    },
    host,
  );
  if (isJson) terminal.out(`${JSON.stringify(report, null, 2)}\n`);
  else terminal.out(`${report.passed} passed, ${report.failed} failed\n`);
  return report.failed === 0 ? 0 : 3;
};

/** One line for a test, and below it what is wrong and what its command wrote. */
function resultLines(result: FileResult, { color }: Terminal): string {
  const { kind, name, pass, errors, stdout = "", stderr = "", file, ms } = result;
  const style = paint(color);
  const outcome = pass ? style.green("ok  ") : style.red("FAIL");
  const head = `${outcome} ${plainText(`${file}: ${kind} ${name}`)} ${style.dim(`(${ms} ms)`)}\n`;
  if (pass) return head;
  const written = Object.entries({ stdout, stderr }).flatMap(([label, text]) =>
    text === "" ? [] : [`${label}:`, text.trimEnd().replaceAll(/^/gm, "  ")],
  );
  return `${head}${plainText([...errors, ...written].join("\n")).replaceAll(/^/gm, "  ")}\n`;
}
