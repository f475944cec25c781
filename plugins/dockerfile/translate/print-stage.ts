import { type Json, lineComment, type MethodCall, type StageImage } from "tsdock/plugin";
import { call, type Layout, list, object, printLayout, raw } from "../print/layout.ts";
import { quoted } from "../print/literals.ts";
import type { StageDraft, Step } from "./stage-draft.ts";

/** A stage as an expression: a method on each line. */
export function printStage(stage: StageDraft, context: string | undefined): string {
  const head = `image(${headArguments(stage.imageName, context)})`;
  const { before = [], after = [] } = stage.image ?? {};
  const isPlain = before.length + after.length === 0;
  return (
    (isPlain ? onOneLine(head, stage.steps) : undefined) ??
    head + printMethods(before) + printChain(stage.steps) + printMethods(after)
  );
}

/** Those that depend on the target's platform are in a helper. */
function printChain(steps: readonly Step[]): string {
  const first = steps.findIndex(({ needs }) => needs.has("platform"));
  if (first < 0) return printSteps(steps, "  ");
  const end = steps.findLastIndex(({ needs }) => needs.has("platform")) + 1;
  const within = printSteps(steps.slice(first, end), "      ");
  const helper = `\n  .with((img, { platform }) =>\n    img${within},\n  )`;
  return printSteps(steps.slice(0, first), "  ") + helper + printSteps(steps.slice(end), "  ");
}

/** `image("web").from(stage).label({ … })` */
export function printDerived(image: StageImage, name: string | undefined, stage: string): string {
  const head = `image(${headArguments(name, undefined)})`;
  const methods = [...image.before.map(printMethod), `.from(${stage})`, ...image.after.map(printMethod)];
  const line = head + methods.join("");
  return line.includes("\n") || line.length > longestLine
    ? head + methods.map((method) => `\n  ${method}`).join("")
    : line;
}

const printMethod = ({ name, args }: MethodCall): string =>
  printLayout(call(`.${name}`, ...args.map(jsonLayout)), "  ");
const printMethods = (methods: readonly MethodCall[]): string =>
  methods.map((method) => `\n  ${printMethod(method)}`).join("");

function jsonLayout(value: Json): Layout {
  if (Array.isArray(value)) return list(value.map(jsonLayout));
  if (typeof value === "object" && value !== null)
    return object(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonLayout(item)])));
  return raw(typeof value === "string" ? quoted(value) : JSON.stringify(value));
}

const longestLine = 72;
const mostMethods = 3;

/** A short chain without comments. */
function onOneLine(head: string, steps: readonly Step[]): string | undefined {
  if (
    steps.length > mostMethods ||
    steps.some(
      ({ comments, print, needs }) => comments.length > 0 || print === undefined || needs.has("platform"),
    )
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
