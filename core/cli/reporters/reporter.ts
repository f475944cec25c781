import type { EventSink } from "../../events.ts";
import type { Terminal } from "../command.ts";

export interface Reporter {
  readonly emit: EventSink;
  /** Called before somebody else writes this to the terminal: what is drawn there goes, and comes again below. */
  readonly makeRoom?: (chunk: string | Uint8Array) => void;
  /** Leaves the terminal as it was. */
  close(): void;
}

export interface ReporterOptions {
  readonly terminal: Terminal;
  readonly debug: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A terminal that others write to while a reporter draws on it. */
export function sharedTerminal(terminal: Terminal, { makeRoom }: Reporter): Terminal {
  if (makeRoom === undefined) return terminal;
  const after = (chunk: string | Uint8Array): void => {
    if (chunk.length > 0) makeRoom(chunk);
  };
  return {
    ...terminal,
    out(text) {
      after(text);
      terminal.out(text);
    },
    err(text) {
      after(text);
      terminal.err(text);
    },
    write(stream, chunk) {
      after(chunk);
      return terminal.write(stream, chunk);
    },
  };
}
