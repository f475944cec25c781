import { formatPlace } from "../errors/place.ts";
import { isTsdockError, type TsdockError, TsdockErrors } from "../errors/tsdock-error.ts";
import { paint } from "./paint.ts";
import type { Terminal } from "./command.ts";

interface FailureOptions {
  readonly terminal: Terminal;
  readonly debug: boolean;
}

/** Prints what went wrong, for people, and gives the exit code. */
export async function printFailure(error: unknown, { terminal, debug }: FailureOptions): Promise<number> {
  const expected = error instanceof TsdockErrors ? error.errors : isTsdockError(error) ? [error] : undefined;
  if (expected === undefined) return printBug(error, terminal, debug);
  for (const one of expected) terminal.err(await describeFailure(one, terminal.color, debug));
  return Math.min(...expected.map((one) => one.exitCode));
}

/** One line that says what is wrong, then where with the source itself, the details, and what to do next. */
export async function describeFailure(error: TsdockError, color: boolean, debug: boolean): Promise<string> {
  const style = paint(color);
  const lines = [`${style.red("error")} ${style.dim(error.code)} ${error.message}`];
  if (error.place !== undefined) {
    lines.push(`  ${style.dim("at")} ${formatPlace(error.place)}`);
    const { frameOf } = await import("../toolkit/frame-of.ts");
    const frame = frameOf(error.place);
    if (frame !== undefined) lines.push(indent(frame));
  }
  if (error.details !== undefined && error.details !== "") lines.push(indent(error.details.trimEnd()));
  if (error.hint !== undefined) lines.push(`  ${style.cyan("hint")} ${error.hint}`);
  if (debug && error.stack !== undefined) lines.push(style.dim(error.stack));
  return `${lines.join("\n")}\n`;
}

const indent = (text: string): string => text.replaceAll(/^/gm, "  ");

function printBug(error: unknown, terminal: Terminal, debug: boolean): number {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  terminal.err(`error BUG this should not have happened: ${message}\n`);
  if (debug && error instanceof Error) terminal.err(`${error.stack ?? ""}\n`);
  else terminal.err("  hint run it again with --debug and report what it prints\n");
  return 1;
}
