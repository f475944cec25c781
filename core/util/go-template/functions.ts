import { GoMap, type GoValue, isList, isTrue, jsonText, printValue } from "./go-value.ts";
import { printf } from "./printf.ts";

/** Thrown by functions; the evaluator adds the place. */
export class TemplateFailure extends Error {}

export type TemplateFunction = (...args: readonly GoValue[]) => GoValue;

const fail = (why: string): never => {
  throw new TemplateFailure(why);
};

function text(value: GoValue): string {
  if (typeof value === "string") return value;
  return fail(`wrong type: expected a string, found ${printValue(value)}`);
}

function list(value: GoValue): readonly GoValue[] {
  if (isList(value)) return value;
  return fail(`wrong type: expected a list, found ${printValue(value)}`);
}

/** Indexes a list, a text or a map by each key in turn. */
function index(item: GoValue, ...keys: readonly GoValue[]): GoValue {
  let current = item;
  for (const key of keys) {
    if (current === undefined || current === null) return fail("index of untyped nil");
    if (isList(current)) current = current[position(key, current.length)];
    else if (typeof current === "string") {
      const bytes = Buffer.from(current);
      current = bytes[position(key, bytes.length)];
    } else if (current instanceof GoMap) {
      const { entries, zero } = current;
      current = entries.has(text(key)) ? entries.get(text(key)) : zero;
    } else return fail(`cannot index ${printValue(current)}`);
  }
  return current;
}

function position(key: GoValue, length: number): number {
  if (typeof key !== "number" || !Number.isInteger(key)) return fail(`cannot index with ${printValue(key)}`);
  return key >= 0 && key < length ? key : fail(`index out of range: ${key}`);
}

function slice(item: GoValue, ...bounds: readonly GoValue[]): GoValue {
  const source = typeof item === "string" ? Buffer.from(item) : list(item);
  const [from = 0, to = source.length] = bounds.map((bound) => position(bound, source.length + 1));
  if (from > to) return fail(`invalid slice index: ${from} > ${to}`);
  return typeof item === "string"
    ? Buffer.from(item).subarray(from, to).toString()
    : list(item).slice(from, to);
}

function length(item: GoValue): number {
  if (typeof item === "string") return Buffer.byteLength(item);
  if (isList(item)) return item.length;
  return item instanceof GoMap ? item.entries.size : fail(`len of ${printValue(item)}`);
}

function equal(a: GoValue, b: GoValue): boolean {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return left === right;
  if (typeof left !== typeof right || typeof left === "object")
    return fail("incompatible types for comparison");
  return left === right;
}

function less(a: GoValue, b: GoValue): boolean {
  if (typeof a === "number" && typeof b === "number") return a < b;
  if (typeof a === "string" && typeof b === "string")
    return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
  return fail("incompatible types for comparison");
}

/** As `fmt.Sprint`: a space between neighbours where neither is a text. */
const sprint = (args: readonly GoValue[]): string =>
  args
    .map((value, at) => {
      const before = at > 0 && typeof args[at - 1] !== "string" && typeof value !== "string";
      return `${before ? " " : ""}${printValue(value ?? null)}`;
    })
    .join("");

const entities: Readonly<Record<string, string>> = {
  "\0": "\ufffd",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

const builtins: Readonly<Record<string, TemplateFunction>> = {
  index,
  slice,
  len: length,
  not: (value) => !isTrue(value),
  eq: (first, ...others) =>
    others.length === 0 ? fail("eq needs two values") : others.some((other) => equal(first, other)),
  ne: (a, b) => !equal(a, b),
  lt: less,
  le: (a, b) => less(a, b) || equal(a, b),
  gt: (a, b) => !less(a, b) && !equal(a, b),
  ge: (a, b) => !less(a, b),
  print: (...args) => sprint(args),
  println: (...args) => `${args.map((value) => printValue(value ?? null)).join(" ")}\n`,
  printf: (format, ...args) => printf(text(format), args),
  html: (...args) => sprint(args).replaceAll(/[\0"'&<>]/g, (one) => entities[one] ?? one),
  urlquery: (...args) =>
    encodeURIComponent(sprint(args))
      .replaceAll("%20", "+")
      .replaceAll(/[!'()*]/g, escapeByte),
};

const escapeByte = (one: string): string => `%${one.charCodeAt(0).toString(16).toUpperCase()}`;

/** Upper case for the first letter of each word, as `strings.Title`. */
const title = (words: string): string =>
  words.replaceAll(/(?<![\p{L}\p{Nd}_])\p{L}/gu, (letter) => letter.toUpperCase());

/** What docker adds (cli/templates). */
const docker: Readonly<Record<string, TemplateFunction>> = {
  json: jsonText,
  split: (value, separator) => text(value).split(text(separator)),
  join: (values, separator) => {
    const items = values instanceof GoMap ? [...values.entries.values()] : list(values);
    return items.map(printValue).join(text(separator));
  },
  title: (value) => title(text(value)),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  pad: (value, before, after) =>
    text(value) === "" ? "" : `${spaces(before)}${text(value)}${spaces(after)}`,
  truncate: (value, width) =>
    typeof width === "number"
      ? [...text(value)].slice(0, Math.max(0, width)).join("")
      : fail("truncate needs a width"),
};

const widest = 10_000;
const spaces = (count: GoValue): string =>
  typeof count === "number" && count <= widest
    ? " ".repeat(Math.max(0, count))
    : fail("pad needs two widths");

/** How many arguments each function takes, where that is fixed. */
const arity: Readonly<Record<string, number>> = {
  len: 1,
  not: 1,
  ne: 2,
  lt: 2,
  le: 2,
  gt: 2,
  ge: 2,
  json: 1,
  split: 2,
  join: 2,
  title: 1,
  lower: 1,
  upper: 1,
  pad: 3,
  truncate: 2,
};

export const templateFunctions: Readonly<Record<string, TemplateFunction>> = { ...builtins, ...docker };

/** Evaluated by the evaluator itself: they look at no more arguments than they need. */
export const shortCircuits: ReadonlySet<string> = new Set(["and", "or"]);

export const isFunctionName = (name: string): boolean =>
  Object.hasOwn(templateFunctions, name) || shortCircuits.has(name);

export function checkArity(name: string, count: number): void {
  const wanted = arity[name];
  if (wanted !== undefined && wanted !== count)
    fail(`wrong number of arguments for ${name}: it takes ${wanted}, and has ${count}`);
  if (wanted === undefined && count === 0 && name !== "print" && name !== "println")
    fail(`${name} needs an argument`);
}
