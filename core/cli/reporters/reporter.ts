import type { EventSink } from "../../events.ts";
import type { Terminal } from "../command.ts";

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
