import { statSync } from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Host } from "../toolkit/host.ts";
import { installedEntryPoints, installedVersion } from "../toolkit/installation.ts";
import type { Caller, Interrupts, Terminal } from "./command.ts";
import { commands } from "./command-table.ts";
import { globalOptions } from "./common-options.ts";
import { textOption } from "./options.ts";
import { parseCommandLine } from "./parse.ts";
import { printFailure } from "./print-failure.ts";
import { createReporter } from "./reporters/create-reporter.ts";
import { sharedTerminal } from "./reporters/reporter.ts";

/** What a command line needs of the process that it runs in. */
export interface CommandSurroundings {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  /** Called where a command runs: help and usage errors leave signals alone. */
  readonly interrupts: () => Interrupts;
  /** Unless given, whoever calls waits for the command's end. */
  readonly caller?: Caller | undefined;
}

/** `-C`; error `USAGE` where it is no directory. */
function workingDirectory(cwd: string, given: string | undefined): string {
  const directory = path.resolve(cwd, given ?? ".");
  if (given === undefined || (statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false))
    return directory;
  throw new TsdockError("USAGE", `-C ${given}: ${directory} is not a directory`, {
    hint: "name the directory to work in",
  });
}

/** Begins to read the files of the command that is probably meant while the command line is parsed. What fails then fails again. */
function loadAhead(argv: readonly string[]): void {
  const meant = commands.find(({ name }) => name.split(" ").every((word, index) => argv[index] === word));
  meant?.load().catch(() => undefined);
}

/** It is in a file that only those need who ask for it. */
const versionFor = (argv: readonly string[]): string =>
  argv.some((word) => word === "--version" || /^-[a-zA-Z]*V/.test(word)) ? installedVersion() : "";

/** Runs one command with this installation; gives its exit code. What fails is printed. */
export async function runCommandLine(
  argv: readonly string[],
  { cwd, env, terminal, interrupts: watch, caller }: CommandSurroundings,
): Promise<number> {
  const debug = argv.includes("--debug");
  loadAhead(argv);
  try {
    const parsed = await parseCommandLine(argv, versionFor(argv), terminal);
    if (parsed.kind === "done") return parsed.exitCode;
    const { command, options, args, rest } = parsed;
    const reporter = createReporter(String(options["progress"]), { terminal, debug, env });
    const interrupts = watch();
    const host: Host = {
      cwd: workingDirectory(cwd, textOption(options, "cwd")),
      env,
      emit: reporter.emit,
      signal: interrupts.signal,
      // Most commands load nothing of the user.
      get self() {
        return installedEntryPoints();
      },
    };
    try {
      const action = await command.load();
      return await action({
        options,
        args,
        rest,
        terminal: sharedTerminal(terminal, reporter),
        host,
        interrupts,
        caller,
        table: { commands, globalOptions },
      });
    } finally {
      reporter.close();
    }
  } catch (error) {
    return await printFailure(error, { terminal, debug });
  }
}
