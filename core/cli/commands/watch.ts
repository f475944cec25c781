import { TsdockError } from "../../errors/tsdock-error.ts";
import { watchImages, type WatchOptions } from "../../toolkit/watch-images.ts";
import { buildSummary, explainTo } from "../build-output.ts";
import type { CommandAction, ParsedOptions, Terminal } from "../command.ts";
import { containerSettings } from "../container-options.ts";
import { countOption, flagOption, listOption, solveSelection, textOption } from "../options.ts";
import { printFailure } from "../print-failure.ts";
import { runRequest } from "../run-request.ts";

/** As if it had been interrupted, which is how it ends. */
const interruptedExitCode = 130;
/** Looking at all files takes time itself. */
const leastPollMs = 20;

/** The long name of an option, as commander stores it: `--env-file <file>` is `envFile`. */
function storedName(flags: string): string {
  const [, long = ""] = /--([a-z-]+)/.exec(flags) ?? [];
  return long.replace(/^no-/, "").replaceAll(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

/** Error `USAGE` where a container is described and none is wanted. */
function runOptions(
  options: ParsedOptions,
  command: readonly string[],
  terminal: Terminal,
): WatchOptions["run"] {
  if (flagOption(options, "run")) {
    const { image: _image, ...request } = runRequest({ ...options, rm: true }, ["", ...command]);
    return { request, write: terminal.write };
  }
  const given = containerSettings.find(({ flags }) => {
    const value = options[storedName(flags)];
    return flags.startsWith("--no-") ? value === false : value !== undefined;
  });
  const what = command.length > 0 ? `-- ${command.join(" ")}` : given?.flags.split(" <")[0];
  if (what === undefined) return undefined;
  throw new TsdockError("USAGE", `${what} describes a container, and none is run`, {
    hint: "add --run, or leave it out",
  });
}

export const watch: CommandAction = async ({ options, args, rest, terminal, host }) => {
  const run = runOptions(options, rest, terminal);
  await watchImages(
    {
      ...solveSelection(options, args),
      tags: listOption(options, "tag"),
      outputs: listOption(options, "output"),
      load: textOption(options, "load"),
      explain: flagOption(options, "explain") ? await explainTo(terminal) : undefined,
      run,
      pollMs: countOption(options, "poll", leastPollMs),
      built: (result) => terminal.err(`${buildSummary(result)}; waiting for changes\n`),
      async failed(error) {
        await printFailure(error, { terminal, debug: flagOption(options, "debug") });
        terminal.err("waiting for changes\n");
      },
    },
    host,
  );
  return interruptedExitCode;
};
