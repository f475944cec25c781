import { TsdockError } from "../../errors/tsdock-error.ts";
import { plainTexts } from "../../util/plain-text.ts";
import { jsonReporter } from "./json-reporter.ts";
import { plainReporter } from "./plain-reporter.ts";
import { quietReporter } from "./quiet-reporter.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";
import { terminalReporter } from "./terminal-reporter.ts";

/** Everything that reporters print goes to standard error: standard output belongs to the command's result. */
export function createReporter(mode: string, options: ReporterOptions): Reporter {
  switch (mode) {
    case "auto":
      return printable(options.terminal.interactive ? terminalReporter(options) : plainReporter(options));
    case "tty":
      return printable(terminalReporter(options));
    case "plain":
      return printable(plainReporter(options));
    case "json":
      return jsonReporter(options);
    case "quiet":
      return printable(quietReporter(options));
    default:
      throw new TsdockError("USAGE", `there is no progress mode ${mode}`, {
        hint: "auto, tty, plain, json or quiet",
      });
  }
}

/** Steps, registries and archives say what they like: none of it reaches the terminal as a command. */
const printable = (reporter: Reporter): Reporter => ({
  ...reporter,
  emit: (event) => reporter.emit(plainTexts(event)),
  close: () => reporter.close(),
});
