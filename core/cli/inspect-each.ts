import { isTsdockError, type TsdockError } from "../errors/tsdock-error.ts";
import type { GoShape } from "../util/go-template/from-json.ts";
import type { Json } from "../util/json.ts";
import type { Invocation } from "./command.ts";
import { formatInspected, type Inspected } from "./format-inspected.ts";
import { textOption } from "./options.ts";
import { printFailure } from "./print-failure.ts";

/** What can be inspected: how it is looked for, and what JSON does not say of the document. */
export interface InspectedKind {
  readonly shape: GoShape;
  readonly look: (name: string, invocation: Invocation) => Promise<Json>;
}

/** Prints what is there of all that is named, an array also where there is nothing, then tells of the rest. Gives the exit code. */
export async function inspectEach(
  invocation: Invocation,
  look: (name: string) => Promise<Inspected>,
): Promise<number> {
  const { args, options, terminal } = invocation;
  const found: Inspected[] = [];
  const failures: TsdockError[] = [];
  for (const name of args) {
    try {
      found.push(await look(name));
    } catch (error) {
      if (!isTsdockError(error) || error.code === "INTERRUPTED") throw error;
      failures.push(error);
    }
  }
  terminal.out(await formatInspected(found, textOption(options, "format")));
  let exitCode = 0;
  for (const error of failures)
    exitCode = await printFailure(error, { terminal, debug: options["debug"] === true });
  return exitCode;
}

/** Of one kind only. */
export const inspectKind = (invocation: Invocation, { look, shape }: InspectedKind): Promise<number> =>
  inspectEach(invocation, async (name) => ({ document: await look(name, invocation), shape }));
