import { diskFull } from "../errors/disk-full.ts";
import { formatPlace } from "../errors/place.ts";
import { isTsdockError, type TsdockError, TsdockErrors } from "../errors/tsdock-error.ts";
import { plainText } from "../util/plain-text.ts";
import { describeOthers, type FailureGroup, groupFailures } from "./group-failures.ts";
import { paint } from "./paint.ts";
import type { Terminal } from "./command.ts";

interface FailureOptions {
  readonly terminal: Terminal;
  readonly debug: boolean;
  /** How failures are shown that are less than errors, or have another name than their code. */
  readonly view?: FailureView;
}

export interface FailureView {
  readonly severity: "error" | "warning" | "info";
  readonly name: string;
  /** An address with more about it. */
  readonly docs?: string | undefined;
  /** Text that is left out of what is shown of the source. */
  readonly secrets?: readonly string[];
}

/** Prints what went wrong, for people, and gives the exit code. */
export async function printFailure(error: unknown, { terminal, debug }: FailureOptions): Promise<number> {
  const known = diskFull(error, placeOf(error)) ?? error;
  const expected = known instanceof TsdockErrors ? known.errors : isTsdockError(known) ? [known] : undefined;
  if (expected === undefined) return printBug(error, terminal, debug);
  await printFailures(expected, { terminal, debug });
  return Math.min(...expected.map((one) => one.exitCode));
}

/** Node tells it of calls that have a path. */
const placeOf = (error: unknown): string => (error as { readonly path?: string }).path ?? "what is written";

/** Prints every failure; what one mistake does in many places is said once. */
export async function printFailures(
  errors: readonly TsdockError[],
  { terminal, debug, view }: FailureOptions,
): Promise<void> {
  for (const group of groupFailures(errors)) {
    const { code: name } = group.first;
    terminal.err(await describeFailure(group, terminal.color, debug, view ?? { severity: "error", name }));
  }
}

const colors = { error: "red", warning: "yellow", info: "cyan" } as const;

/** One line that says what is wrong, then where with the source itself, the details, and what to do next. */
async function describeFailure(
  group: FailureGroup,
  color: boolean,
  debug: boolean,
  { severity, name, docs, secrets = [] }: FailureView,
): Promise<string> {
  const error = group.first;
  const style = paint(color);
  const label = style[colors[severity]](severity);
  const lines = [`${label} ${style.dim(printable(name))} ${printable(error.message)}`];
  if (error.place !== undefined) {
    lines.push(`  ${style.dim("at")} ${printable(formatPlace(error.place))}`);
    const { frameOf } = await import("../toolkit/frame-of.ts");
    const frame = frameOf(error.place);
    if (frame !== undefined) lines.push(indent(printable(concealed(frame, secrets, name))));
  }
  if (error.details !== undefined && error.details !== "")
    lines.push(indent(printable(error.details.trimEnd())));
  if (group.others.length > 0) lines.push(indent(printable(describeOthers(group).join("\n"))));
  if (error.hint !== undefined) lines.push(`  ${style.cyan("hint")} ${printable(error.hint)}`);
  if (docs !== undefined) lines.push(`  ${style.cyan("docs")} ${printable(docs)}`);
  if (debug && error.stack !== undefined) lines.push(style.dim(printable(error.stack)));
  return `${lines.join("\n")}\n`;
}

/**
 * Other secrets may stand in the lines around. The source's own text of one may be written in another way, with escapes or in parts: then
 * all text in quotes is left out.
 */
function concealed(frame: string, secrets: readonly string[], name: string): string {
  const shown = secrets.reduce((text, secret) => text.replaceAll(secret, "***"), frame);
  if (shown !== frame || name !== "secret-in-env") return shown;
  return frame.replaceAll(/(["'`])(?:\\.|(?!\1)[^\\])*\1/g, "$1***$1");
}

/** Plain, and no command to the runner of GitHub Actions, which obeys what begins a line, or stands in it in the old form. */
const printable = (text: string): string =>
  plainText(text).replaceAll(/^(\s*)(?=::)|(?<=##)(?=\[)/gm, (space) => `${space}\\`);

const indent = (text: string): string => text.replaceAll(/^/gm, "  ");

function printBug(error: unknown, terminal: Terminal, debug: boolean): number {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  terminal.err(`error BUG this should not have happened: ${printable(message)}\n`);
  if (debug && error instanceof Error) terminal.err(`${printable(error.stack ?? "")}\n`);
  else terminal.err("  hint run it again with --debug and report what it prints\n");
  return 1;
}
