import type { Expression } from "../../declare/tag-rule.ts";
import { RuleMistake } from "./expand.ts";

/**
 * What a group finds, and the text behind it. metadata-action shows an expression the tag with `-` for `/`, so that form is
 * tried after the real one. Throws `RuleMistake`.
 */
export function findMatch(
  expression: Expression,
  group: number | string,
  text: string,
): { readonly text: string; readonly rest: string } {
  const pattern = compile(expression);
  const found = pattern.exec(text) ?? pattern.exec(text.replaceAll("/", "-"));
  const shown = `/${expression.source}/${expression.flags}`;
  if (found === null) throw new RuleMistake(`${shown} does not match ${text}`);
  const value = typeof group === "number" ? found[group] : found.groups?.[group];
  if (value === undefined) {
    const hint = group === 0 ? undefined : "put the version into parentheses";
    throw new RuleMistake(`${shown} has no group ${group} in ${text}`, hint);
  }
  const span = typeof group === "number" ? found.indices?.[group] : found.indices?.groups?.[group];
  return { text: value, rest: found.input.slice(span?.[1] ?? found.input.length) };
}

function compile({ source, flags }: Expression): RegExp {
  try {
    return new RegExp(source, `${flags.replace(/[dgy]/g, "")}d`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RuleMistake(`/${source}/${flags} is not a regular expression: ${error.message}`);
  }
}
