import { Command, CommanderError, Option } from "commander";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { CommandSpec, OptionSpec, ParsedOptions, Terminal } from "./command.ts";
import { commands } from "./command-table.ts";
import { globalsBeside } from "./common-options.ts";

/** What the command line asked for; `done` where help or the version was all. */
export type Parsed =
  | {
      readonly kind: "command";
      readonly command: CommandSpec;
      readonly options: ParsedOptions;
      readonly args: readonly string[];
      readonly rest: readonly string[];
    }
  | { readonly kind: "done"; readonly exitCode: number };

const collect = (value: string, previous: readonly string[] | undefined): readonly string[] => [
  ...(previous ?? []),
  value,
];

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.summary);
  if (spec.choices !== undefined) option.choices(spec.choices);
  if (spec.default !== undefined) option.default(spec.default);
  if (spec.many === true) option.argParser(collect);
  if (spec.hidden === true) option.hideHelp();
  return option;
}

/** Global options may stand before the command and among its own. */
function addGlobals(target: Command, own: readonly OptionSpec[], offered: Offered): void {
  for (const spec of globalsBeside(own).filter(offered)) target.addOption(toOption(spec));
}

/** Parses with commander. Errors are `USAGE`; nothing here ends the process. */
export async function parseCommandLine(
  argv: readonly string[],
  version: string,
  terminal: Terminal,
): Promise<Parsed> {
  const read = await parseWith(optionsNamed(argv), argv, version, terminal);
  if (read.kind !== "refused") return read;
  // What is near to what was typed, and the help, are found among all options.
  const refused = read.error.exitCode === 0 ? read : await parseWith(allOptions, argv, version, terminal);
  return refused.kind === "refused" ? await afterCommanderError(refused, argv, terminal) : refused;
}

/** Which options commander is told of. */
type Offered = (option: OptionSpec) => boolean;

const allOptions: Offered = () => true;

/**
 * Those that words of a command line may be, and those that say something by not being there: making an option takes longer than
 * reading it. All where help may be asked for.
 */
function optionsNamed(argv: readonly string[]): Offered {
  if (argv.some((word) => word === "--help" || word === "help" || /^-[^-]*h/.test(word))) return allOptions;
  const words = new Set(argv.filter((word) => word.startsWith("--")).map((word) => word.split("=", 1)[0]));
  const letters = argv.filter((word) => /^-[^-]/.test(word)).join("");
  return ({ flags, default: otherwise }) =>
    otherwise !== undefined ||
    flags
      .split(/[ ,]+/)
      .some(
        (flag) =>
          flag.startsWith("--no-") ||
          words.has(flag) ||
          (/^-[^-]$/.test(flag) && letters.includes(flag.charAt(1))),
      );
}

interface Refused {
  readonly kind: "refused";
  readonly error: CommanderError;
  readonly program: Command;
}

async function parseWith(
  offered: Offered,
  argv: readonly string[],
  version: string,
  terminal: Terminal,
): Promise<Parsed | Refused> {
  let found: Parsed | undefined;
  const meant = commandsFor(argv);
  const dashes = meant.some(({ afterDashes }) => afterDashes !== undefined) ? argv.indexOf("--") : -1;
  const own = dashes < 0 ? argv : argv.slice(0, dashes);
  const program = new Command("tsdock")
    .description("container images declared in TypeScript: built as a graph, published with consistent tags")
    .version(version, "-V, --version")
    .enablePositionalOptions();
  addGlobals(program, [], offered);
  for (const spec of meant) {
    for (const name of namesFor(spec, meant === commands ? undefined : argv[0])) {
      const command = parentOf(program, name).command(name.split(" ").at(-1) ?? name, {
        hidden: name !== spec.name,
      });
      describe(command, spec, offered, (parsed) => {
        found = { ...parsed, rest: argv.slice(own.length + 1) };
      });
    }
  }
  for (const command of everyCommand(program)) {
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: () => undefined });
    command.showSuggestionAfterError(true);
  }
  try {
    await program.parseAsync([...own], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: "refused", error, program };
  }
  return found ?? { kind: "done", exitCode: 0 };
}

/** Those that the first word can mean: making all of them takes as long as many a command. All where it is none. */
function commandsFor([first = ""]: readonly string[]): readonly CommandSpec[] {
  const found = commands.filter(({ name, aliases = [] }) =>
    [name, ...aliases].some((one) => one.split(" ")[0] === first),
  );
  return found.length === 0 ? commands : found;
}

/** What a command may be called; all of them where the first word says nothing. */
const namesFor = ({ name, aliases = [] }: CommandSpec, first: string | undefined): readonly string[] =>
  [name, ...aliases].filter((one) => first === undefined || one.split(" ")[0] === first);

const passesThrough = (argv: readonly string[]): boolean =>
  commands.some(
    ({ name, aliases = [], passThrough = false }) =>
      passThrough && [name, ...aliases].some((one) => `${argv.join(" ")} `.startsWith(`${one} `)),
  );

type ParsedCommand = Omit<Extract<Parsed, { kind: "command" }>, "rest">;

function describe(
  command: Command,
  spec: CommandSpec,
  offered: Offered,
  found: (parsed: ParsedCommand) => void,
): void {
  command.summary(spec.summary).description(spec.summary);
  for (const argument of spec.arguments) command.argument(argument.form, argument.summary);
  if (spec.afterDashes !== undefined)
    command.usage(
      ["[options]", ...spec.arguments.map(({ form }) => form), `[-- ${spec.afterDashes.form}]`].join(" "),
    );
  // `-h` is a container's host name, as in docker.
  if (spec.options.some(({ flags }) => flags.startsWith("-h, ")))
    command.helpOption("--help", "display help for command");
  for (const option of spec.options.filter(offered)) command.addOption(toOption(option));
  addGlobals(command, spec.options, offered);
  if (spec.passThrough === true) command.passThroughOptions();
  command.action(() => {
    const inherited = command.parent === null ? {} : inheritedOptions(command);
    found({
      kind: "command",
      command: spec,
      options: { ...inherited, ...explicit(command) },
      args: command.args,
    });
  });
}

/** A default of a command must not hide what was typed before the command. */
const explicit = (command: Command): ParsedOptions => {
  const inherited = inheritedOptions(command);
  const entries = Object.entries(command.opts<ParsedOptions>());
  return Object.fromEntries(
    entries.filter(([name]) => command.getOptionValueSource(name) !== "default" || !(name in inherited)),
  );
};

function inheritedOptions(command: Command): ParsedOptions {
  const chain: Command[] = [];
  for (let current = command.parent; current !== null; current = current.parent) chain.unshift(current);
  return Object.assign({}, ...chain.map((one) => one.opts<ParsedOptions>())) as ParsedOptions;
}

function parentOf(program: Command, name: string): Command {
  const [group, rest] = name.split(" ");
  if (rest === undefined || group === undefined) return program;
  const existing = program.commands.find((command) => command.name() === group);
  return existing ?? program.command(group).description(`work with ${group}s of the store`);
}

function* everyCommand(command: Command): Iterable<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}

/** Of commands whose exit code is otherwise that of what they run: docker's for what was never begun. */
const neverBegun = 125;

async function afterCommanderError(
  { error, program }: Refused,
  argv: readonly string[],
  terminal: Terminal,
): Promise<Parsed> {
  if (error.exitCode === 0) return { kind: "done", exitCode: 0 };
  if (error.code === "commander.help") {
    terminal.err(program.helpInformation());
    return { kind: "done", exitCode: 2 };
  }
  const message = error.message.replace(/^error: /, "").split("\n")[0] ?? "";
  const { dockerOption } = await import("./docker-options.ts");
  const reason = dockerOption(message);
  const failure = new TsdockError("USAGE", reason === undefined ? message : `${message}: ${reason}`, {
    details: error.message.split("\n").slice(1).join("\n") || undefined,
    hint: "tsdock --help, or tsdock COMMAND --help, shows what there is",
  });
  if (!passesThrough(argv)) throw failure;
  const { printFailure } = await import("./print-failure.ts");
  await printFailure(failure, { terminal, debug: argv.includes("--debug") });
  return { kind: "done", exitCode: neverBegun };
}
