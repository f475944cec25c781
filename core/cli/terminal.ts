import tty from "node:tty";
import type { Terminal } from "./command.ts";

/** The streams of a process. */
export interface ProcessTerminal extends Terminal {
  /** Whether all that was written has left the process. */
  readonly isWritten: () => boolean;
  /** Whether anything was written. */
  readonly isUsed: () => boolean;
}

/**
 * The process's own streams, each made when something is written to it: many commands write nothing. Colours follow NO_COLOR,
 * FORCE_COLOR and what the terminal says of itself.
 */
export function processTerminal(process: NodeJS.Process): ProcessTerminal {
  const { env } = process;
  const used = new Set<NodeJS.WriteStream>();
  const stream = (name: "stdout" | "stderr"): NodeJS.WriteStream => {
    const found = process[name];
    if (used.has(found)) return found;
    used.add(found);
    // A reader that went away (`| head`) is no error of ours.
    found.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
    return found;
  };
  const isTerminal = tty.isatty(descriptors.stderr);
  const interactive = isTerminal && env["TERM"] !== "dumb" && (env["CI"] === undefined || env["CI"] === "");
  const forced = env["FORCE_COLOR"];
  const color = forced === undefined ? isTerminal && !env["NO_COLOR"] : forced !== "0";
  return {
    out: (text) => stream("stdout").write(text),
    err: (text) => stream("stderr").write(text),
    interactive,
    color,
    columns: () => stream("stderr").columns || 80,
    get inputIsTerminal() {
      return tty.isatty(descriptors.stdin);
    },
    write: (name, chunk) => {
      const target = stream(name);
      return target.write(chunk) ? undefined : new Promise((resolve) => target.once("drain", resolve));
    },
    isWritten: () => [...used].every(({ writableLength }) => writableLength === 0),
    isUsed: () => used.size > 0,
  };
}

const descriptors = { stdin: 0, stderr: 2 } as const;
