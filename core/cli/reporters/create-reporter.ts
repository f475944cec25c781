import { TsdockError } from "../../errors/tsdock-error.ts";
import { jsonReporter } from "./json-reporter.ts";
import { plainReporter } from "./plain-reporter.ts";
import { quietReporter } from "./quiet-reporter.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";
import { terminalReporter } from "./terminal-reporter.ts";

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
