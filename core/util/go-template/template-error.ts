import { TsdockError } from "../../errors/tsdock-error.ts";

/** A mistake in a template, with the place in its text shown below. */
export function templateError(text: string, at: number, why: string): TsdockError {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at);
  const line = text.slice(start, end < 0 ? undefined : end).replaceAll("\t", " ");
  return new TsdockError("FORMAT_INVALID", `the template cannot be used: ${why}`, {
    details: `${line}\n${" ".repeat(Math.max(0, Math.min(at - start, line.length)))}^`,
    hint: "templates are those of Go, as docker has them: '{{.ID}} {{json .Labels}}'",
  });
}
