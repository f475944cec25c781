import { formatWarning } from "./event-lines.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";

/** Warnings only. */
export const quietReporter = ({ terminal, debug }: ReporterOptions): Reporter => ({
  emit: (event) => {
    if (event.type === "warning") terminal.err(`${formatWarning(event, terminal.color)}\n`);
    if (event.type === "debug" && debug) terminal.err(`debug ${event.message}\n`);
  },
  close: () => undefined,
});
