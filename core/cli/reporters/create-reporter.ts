import { TsdockError } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import type { Terminal } from "../command.ts";
import { jsonReporter } from "./json-reporter.ts";
import { plainReporter } from "./plain-reporter.ts";
import { quietReporter } from "./quiet-reporter.ts";
import { terminalReporter } from "./terminal-reporter.ts";

export interface Reporter {
  readonly emit: EventSink;
  /** Leaves the terminal as it was. */
  close(): void;
}

export interface ReporterOptions {
  readonly terminal: Terminal;
  readonly debug: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Everything that reporters print goes to standard error: standard output belongs to the command's result. */
export function createReporter(mode: string, options: ReporterOptions): Reporter {
  switch (mode) {
    case "auto":
      return options.terminal.interactive ? terminalReporter(options) : plainReporter(options);
    case "tty":
      return terminalReporter(options);
    case "plain":
      return plainReporter(options);
    case "json":
      return jsonReporter(options);
    case "quiet":
      return quietReporter(options);
    default:
      throw new TsdockError("USAGE", `there is no progress mode ${mode}`, {
        hint: "auto, tty, plain, json or quiet",
      });
  }
}
