import { sarifReport } from "../../check/sarif.ts";
import type { CheckProblem, CheckResult } from "../../toolkit/check-workspace.ts";
import { checkWorkspace } from "../../toolkit/check-workspace.ts";
import { lineOf } from "../../toolkit/frame-of.ts";
import { installedVersion } from "../../toolkit/installation.ts";
import { plainText } from "../../util/plain-text.ts";
import type { CommandAction, Terminal } from "../command.ts";
import { assignments, flagOption, textOption } from "../options.ts";
import { printFailures } from "../print-failure.ts";

export const check: CommandAction = async ({ options, terminal, host }) => {
  const result = await checkWorkspace(
    {
      params: assignments(options, "set"),
      config: textOption(options, "config"),
      fix: flagOption(options, "fix"),
      build: flagOption(options, "build"),
    },
    host,
  );
  const { problems, fixed, outdated } = result;
  if (flagOption(options, "json")) terminal.out(`${JSON.stringify(asDocument(result), null, 2)}\n`);
  else if (textOption(options, "format") === "sarif")
    terminal.out(`${JSON.stringify(asSarif(result), null, 2)}\n`);
  else {
    const secrets = problems.flatMap(({ secret = "" }) => (secret === "" ? [] : [secret]));
    for (const group of byRule(problems)) await printGroup(group, secrets, terminal);
    if (fixed.length > 0) terminal.err(`fixed ${count(fixed.length, "problem")}\n`);
    if (outdated.length > 0) {
      const names = outdated.map(plainText).join(", ");
      terminal.err(
        `not looked into, since their declarations have changed since they were built: ${names} (--build)\n`,
      );
    }
    terminal.err(`${problems.length === 0 ? "no problems found" : count(problems.length, "problem")}\n`);
  }
  return problems.every(({ severity }) => severity === "info") ? 0 : 3;
};

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** What one rule found, and mistakes, which have none, all together. */
function byRule(problems: readonly CheckProblem[]): readonly (readonly CheckProblem[])[] {
  const groups = new Map<string, CheckProblem[]>();
  for (const problem of problems) {
    const key = JSON.stringify([problem.rule, problem.rule === undefined ? problem.error.code : ""]);
    groups.set(key, [...(groups.get(key) ?? []), problem]);
  }
  return [...groups.values()];
}

async function printGroup(
  group: readonly CheckProblem[],
  secrets: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  const { severity, docs, error } = first;
  const view = { severity, name: first.rule ?? error.code, docs, secrets };
  await printFailures(
    group.map((problem) => problem.error),
    { terminal, debug: false, view },
  );
}

const asDocument = ({ problems, fixed, outdated }: CheckResult): object => ({
  problems: problems.map(({ error: { code, message, place, hint, details }, severity, rule, docs }) => ({
    code,
    severity,
    rule,
    message,
    place,
    hint,
    details,
    docs,
  })),
  fixed,
  outdated,
});

const asSarif = ({ problems, rules, directory }: CheckResult): object =>
  sarifReport(
    problems.map(({ error: { code, message, place, hint }, severity, rule = code }) => {
      return { rule, severity, message, hint, place, line: place === undefined ? undefined : lineOf(place) };
    }),
    rules,
    { directory, version: installedVersion() },
  );
