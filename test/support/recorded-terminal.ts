import type { Terminal } from "../../core/cli/command.ts";

/** A pipe instead of a terminal, and what was written to its standard error. */
export function recordedTerminal(): { readonly terminal: Terminal; readonly text: () => string } {
  let text = "";
  return {
    text: () => text,
    terminal: {
      out: () => undefined,
      err: (more) => {
        text += more;
      },
      interactive: false,
      color: false,
      columns: () => 80,
      inputIsTerminal: false,
      write: () => undefined,
    },
  };
}
