import { evaluate } from "./evaluate.ts";
import { isFunctionName, type TemplateFunction, templateFunctions } from "./functions.ts";
import type { GoValue } from "./go-value.ts";
import { parseTemplate } from "./parse.ts";

/** Fills in a template with a value. Error `FORMAT_INVALID`. */
export type GoTemplate = (data: GoValue) => string;

/**
 * Reads a template of Go's text/template with the functions that docker adds (`json`, `join`, `split`, `upper`, `lower`, `title`,
 * `pad`, `truncate`). `functions` replaces some of them. Error `FORMAT_INVALID`.
 */
export function goTemplate(
  text: string,
  functions: Readonly<Record<string, TemplateFunction>> = {},
): GoTemplate {
  const templates = parseTemplate(text, isFunctionName);
  const evaluation = { text, templates, functions: { ...templateFunctions, ...functions } };
  return (data) => evaluate(evaluation, data);
}
