import readline from "node:readline/promises";
import type { Terminal } from "./command.ts";

/** Asks as docker does, on standard output; anything but `y` is no, and so is the end of the input. */
export async function confirm(terminal: Terminal, warning: string): Promise<boolean> {
  terminal.out(`WARNING! ${warning}\nAre you sure you want to continue? [y/N] `);
  const lines = readline.createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return /^y(?:es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
    // A terminal or a pipe would keep this process alive; a file would not, and has no such method.
    (process.stdin as { readonly unref?: () => void }).unref?.();
  }
}
