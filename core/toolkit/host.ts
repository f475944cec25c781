import type { EventSink } from "../events.ts";

/** What an action knows of the world around it. The command line fills it from the process; tests fill it by hand. */
export interface Host {
  /** Absolute. */
  readonly cwd: string;
  /** Environment variables: nothing below reads `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly emit: EventSink;
  /** Ends the action: whatever runs is stopped and cleaned up before the action returns. */
  readonly signal: AbortSignal;
  /**
   * The running installation's entry points by specifier (`tsdock`, `tsdock/plugin`, …), as URLs or as modules that are
   * there: what user modules import.
   */
  readonly self: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;
}
