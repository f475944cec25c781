import type { Host } from "../toolkit/host.ts";

/** One option, declared once: the parser, the help and the documentation come from it. */
export interface OptionSpec {
  /** In commander's form: `-t, --tag <tag>`, `--no-cache`, `-j, --jobs <n>`. */
  readonly flags: string;
  readonly summary: string;
  /** May be given several times; the values are collected. */
  readonly many?: boolean;
  /** Another name of one that is documented. */
  readonly hidden?: boolean;
  readonly choices?: readonly string[];
  readonly default?: string;
}

export interface ArgumentSpec {
  /** `<image>`, `[image]`, `[images...]`. */
  readonly form: string;
  readonly summary: string;
}

/** Values as they were typed; each command reads its own. */
export type ParsedOptions = Readonly<Record<string, unknown>>;

export interface Invocation {
  readonly options: ParsedOptions;
  readonly args: readonly string[];
  /** What stands behind `--`, for commands that have something there. */
  readonly rest: readonly string[];
  readonly terminal: Terminal;
  readonly host: Host;
  readonly interrupts: Interrupts;
  readonly caller: Caller | undefined;
  /** All commands and the options that each of them has: for completion. */
  readonly table: {
    readonly commands: readonly CommandSpec[];
    readonly globalOptions: readonly OptionSpec[];
  };
}

/** What signals do to this process. */
export interface Interrupts {
  /** Aborts at the first that ends things. */
  readonly signal: AbortSignal;
  /** Gives signals to somebody else until it is disposed, the terminal's change of size among them. */
  readonly handOver: (send: (signal: NodeJS.Signals) => void) => Disposable;
}

/** Whoever called the command, where this process may live on when that goes on. */
export interface Caller {
  /** Not any more where something was written. */
  readonly isWaiting: () => boolean;
  /** Prints and lets it go on, as if the command had ended well; this process has no streams from then on. */
  readonly leave: (text: string, title: string) => void;
}

/** Gives the exit code of the process. */
export type CommandAction = (invocation: Invocation) => Promise<number>;

export interface CommandSpec {
  /** `build`, `image ls`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Everything after the first argument belongs to somebody else. */
  readonly passThrough?: boolean;
  /** What stands behind `--`, and is no argument of the command. */
  readonly afterDashes?: ArgumentSpec;
  readonly load: () => Promise<CommandAction>;
}

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person watches standard error. */
  readonly interactive: boolean;
  readonly color: boolean;
  readonly columns: () => number;
  /** Whether standard input is a terminal. */
  readonly inputIsTerminal: boolean;
  /** Bytes as they are; a promise where the reader is slow. */
  readonly write: (stream: "stdout" | "stderr", chunk: Uint8Array) => void | Promise<void>;
}
