import type { Reporter, ReporterOptions } from "./reporter.ts";

/** One event per line. */
export const jsonReporter = ({ terminal, debug }: ReporterOptions): Reporter => ({
  emit: (event) => {
    if (event.type !== "debug" || debug) terminal.err(`${JSON.stringify(event)}\n`);
  },
  close: () => undefined,
});
