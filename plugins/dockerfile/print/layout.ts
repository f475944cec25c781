import { printKey, printValue, withoutParentheses } from "./literals.ts";
import type { Value } from "../expand/value.ts";

/** An expression that can be laid out on one line or several. */
export type Layout =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Layout[] }
  | { readonly kind: "object"; readonly entries: readonly Entry[] }
  | { readonly kind: "call"; readonly callee: string; readonly args: readonly Layout[] }
  /** Text that says itself how it looks at an indentation. */
  | { readonly kind: "block"; readonly at: (indent: string) => string; readonly ownLines?: true };

export type Entry =
  | { readonly key: string; readonly value: Layout }
  /** `...(condition ? {} : { … })` */
  | { readonly spread: string };

const width = 100;

export const raw = (text: string): Layout => ({ kind: "text", text });
export const valueLayout = (value: Value): Layout => raw(withoutParentheses(printValue(value)));
export const list = (items: readonly Layout[]): Layout => ({ kind: "list", items });
export const call = (callee: string, ...args: readonly Layout[]): Layout => ({ kind: "call", callee, args });
export const texts = (values: readonly Value[]): Layout => list(values.map(valueLayout));

/** An object of what is there. */
export const object = (entries: Readonly<Record<string, Layout | undefined>>): Layout => ({
  kind: "object",
  entries: Object.entries(entries).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key: printKey([key]), value }],
  ),
});

export const isEmptyObject = (layout: Layout): boolean =>
  layout.kind === "object" && layout.entries.length === 0;

/** Without options that say nothing. */
export const withOptions = (args: readonly Layout[], options: Layout): readonly Layout[] =>
  isEmptyObject(options) ? args : [...args, options];

/** Lays it out at an indentation; `before` and `after` are how much else stands on its first and last line. */
export function printLayout(layout: Layout, indent = "", before = 0, after = 1): string {
  if (layout.kind === "block") return layout.at(indent);
  const flat = flatText(layout);
  const fits =
    flat !== undefined && !flat.includes("\n") && indent.length + before + flat.length + after <= width;
  if (fits || layout.kind === "text") return flat ?? "";
  const inner = `${indent}  `;
  switch (layout.kind) {
    case "list":
      return `[\n${layout.items.map((item) => `${inner}${printLayout(item, inner)},\n`).join("")}${indent}]`;
    case "object":
      return `{\n${layout.entries.map((entry) => `${inner}${printEntry(entry, inner)},\n`).join("")}${indent}}`;
    case "call":
      return printCall(layout, indent, before);
  }
}

function printEntry(entry: Entry, indent: string): string {
  if ("spread" in entry) return entry.spread;
  return entry.key === flatText(entry.value)
    ? entry.key
    : `${entry.key}: ${printLayout(entry.value, indent, entry.key.length + 2)}`;
}

/** The last argument may open on the line of the call where those before it fit there. */
function printCall(
  { callee, args }: Extract<Layout, { kind: "call" }>,
  indent: string,
  before: number,
): string {
  const last = args.at(-1);
  const first = args.slice(0, -1).map(flatText);
  const opening = `${callee}(${first.map((text) => `${text ?? ""}, `).join("")}`;
  const fits =
    first.every((text) => text?.includes("\n") === false) &&
    indent.length + before + opening.length < width - 2;
  const alone = args.some((arg) => arg.kind === "block" && arg.ownLines === true);
  const opens = last !== undefined && !alone && (last.kind !== "text" || last.text.startsWith("`"));
  if (last !== undefined && fits && opens)
    return `${opening}${printLayout(last, indent, before + opening.length)})`;
  if (
    args.length === 1 &&
    last?.kind === "text" &&
    !opens &&
    indent.length + before + opening.length + last.text.length > width * 2
  )
    return `${opening}${last.text})`;
  const inner = `${indent}  `;
  return `${callee}(\n${args.map((arg) => `${inner}${printLayout(arg, inner)},\n`).join("")}${indent})`;
}

/** All on one line; undefined for what looks different at each indentation. */
function flatText(layout: Layout): string | undefined {
  switch (layout.kind) {
    case "text":
      return layout.text;
    case "block":
      return undefined;
    case "list":
      return joined(layout.items.map(flatText), (items) => `[${items}]`);
    case "call":
      return joined(layout.args.map(flatText), (args) => `${layout.callee}(${args})`);
    case "object":
      return joined(layout.entries.map(flatEntry), (entries) => (entries === "" ? "{}" : `{ ${entries} }`));
  }
}

function flatEntry(entry: Entry): string | undefined {
  if ("spread" in entry) return entry.spread;
  const value = flatText(entry.value);
  return value === undefined || value === entry.key ? value : `${entry.key}: ${value}`;
}

function joined(
  parts: readonly (string | undefined)[],
  around: (text: string) => string,
): string | undefined {
  return parts.some((part) => part === undefined) ? undefined : around(parts.join(", "));
}
