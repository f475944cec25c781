import type { CommandSpec, OptionSpec } from "../../core/cli/command.ts";
import { commands } from "../../core/cli/command-table.ts";
import { globalOptions } from "../../core/cli/common-options.ts";

/** `docs/cli.md`. */
export function cliPage(): string {
  return [
    "# Command line",
    "",
    "<!-- Made by `npm run docs` from core/cli/command-table.ts. -->",
    "",
    "Images are selected by name, glob or `group:NAME`; without any, all of the workspace are meant. Every command works from any folder below",
    "the workspace. JSON documents are described in [json.md](json.md), error codes in [errors.md](errors.md).",
    "",
    "Exit codes: 0 done; 1 a build, publish or run failed; 2 something is wrong with the command line, the configuration or the",
    "declarations, and nothing was begun; 3 a check found problems; 130 interrupted. `tsdock run` passes the container's own code on, and ends",
    "with 125 to 127 where the container did not begin.",
    "",
    "## Options of every command",
    "",
    ...globalOptions.map(optionLine),
    "",
    ...commands.flatMap(section),
  ].join("\n");
}

function section(command: CommandSpec): readonly string[] {
  const { name, aliases = [], summary } = command;
  const options = command.options.filter(({ hidden }) => hidden !== true);
  const usage = ["tsdock", name, ...(options.length > 0 ? ["[options]"] : []), ...forms(command)].join(" ");
  const also =
    aliases.length === 0 ? [] : [`Also: ${aliases.map((one) => `\`tsdock ${one}\``).join(", ")}.`, ""];
  return [
    `## ${name}`,
    "",
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    "",
    "```",
    usage,
    "```",
    "",
    ...also,
    ...command.arguments.map((argument) => `- \`${argument.form}\`: ${argument.summary}`),
    ...(command.afterDashes === undefined
      ? []
      : [`- \`-- ${command.afterDashes.form}\`: ${command.afterDashes.summary}`]),
    ...options.map(optionLine),
    ...(command.arguments.length + options.length > 0 ? [""] : []),
  ];
}

const forms = ({ arguments: given, afterDashes }: CommandSpec): readonly string[] => [
  ...given.map(({ form }) => form),
  ...(afterDashes === undefined ? [] : [`[-- ${afterDashes.form}]`]),
];

function optionLine({ flags, summary, many, choices, default: preset }: OptionSpec): string {
  const notes = [
    ...(choices === undefined ? [] : [choices.map((choice) => `\`${choice}\``).join(", ")]),
    ...(preset === undefined ? [] : [`default \`${preset}\``]),
    ...(many === true ? ["may be given several times"] : []),
  ];
  return `- \`${flags}\`: ${summary}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`;
}
