import { lineComment } from "tsdock/plugin";
import { quoted } from "../print/literals.ts";
import type { StageDraft, Step } from "./stage-draft.ts";

/** A stage as an expression: a method on each line; those that depend on the target's platform in a helper. */
export function printStage(stage: StageDraft, context: string | undefined): string {
  const first = stage.steps.findIndex(({ needs }) => needs.has("platform"));
  const last = stage.steps.findLastIndex(({ needs }) => needs.has("platform"));
  const head = `image(${headArguments(stage.imageName, context)})`;
  if (first < 0) return onOneLine(head, stage.steps) ?? head + printSteps(stage.steps, "  ");
  const [before, within, after] = [
    stage.steps.slice(0, first),
    stage.steps.slice(first, last + 1),
    stage.steps.slice(last + 1),
  ];
  const helper = `\n  .with((img, { platform }) =>\n    img${printSteps(within, "      ")},\n  )`;
  return head + printSteps(before, "  ") + helper + printSteps(after, "  ");
}

const longestLine = 72;
const mostMethods = 3;

/** A short chain without comments. */
function onOneLine(head: string, steps: readonly Step[]): string | undefined {
  if (
    steps.length > mostMethods ||
    steps.some(({ comments, print }) => comments.length > 0 || print === undefined)
  )
    return undefined;
  const line = head + steps.map(({ print }) => print?.("") ?? "").join("");
  return line.includes("\n") || line.length > longestLine ? undefined : line;
}

function headArguments(name: string | undefined, context: string | undefined): string {
  const options = context === undefined ? [] : [`{ context: ${quoted(context)} }`];
  return [...(name === undefined ? [] : [quoted(name)]), ...options].join(", ");
}

const printSteps = (steps: readonly Step[], indent: string): string =>
  steps
    .flatMap(({ comments, print }) => [
      ...comments.map((line) => `\n${indent}${lineComment(line)}`),
      ...(print === undefined ? [] : [`\n${indent}${print(indent)}`]),
    ])
    .join("");
