import type { Terminal } from "./command.ts";

/** The streams of a process. */
export interface ProcessTerminal extends Terminal {
  /** Whether all that was written has left the process. */
  readonly isWritten: () => boolean;
}

/** The process's own streams. Colours follow NO_COLOR, FORCE_COLOR and what the terminal says of itself. */
export function processTerminal(process: NodeJS.Process): ProcessTerminal {
  const { stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) {
    // A reader that went away (`| head`) is no error of ours.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
  const interactive = stderr.isTTY && env["TERM"] !== "dumb" && (env["CI"] === undefined || env["CI"] === "");
  const forced = env["FORCE_COLOR"];
  const color = forced === undefined ? stderr.isTTY && !env["NO_COLOR"] : forced !== "0";
  return {
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    interactive,
    color,
    columns: () => stderr.columns || 80,
    // Made when somebody asks: few commands read anything.
    get inputIsTerminal() {
      return process.stdin.isTTY;
    },
    write: (name, chunk) => {
      const stream = process[name];
      return stream.write(chunk) ? undefined : new Promise((resolve) => stream.once("drain", resolve));
    },
    isWritten: () => [stdout, stderr].every(({ writableLength }) => writableLength === 0),
  };
}
