import { isTsdockError } from "tsdock/plugin";
import type { Budget } from "./budget.ts";
import { convertTo, parseType } from "./types.ts";
import {
  asText,
  equal,
  isList,
  isObject,
  needBoolean,
  needNumber,
  needText,
  objectOf,
  typeName,
} from "./values.ts";
import { invalid, type Spot } from "../hcl/source.ts";
import type {
  Attribute,
  Call,
  Expression,
  For,
  HclValue,
  Splat,
  Template,
  TemplatePart,
} from "../hcl/syntax.ts";

/** What names mean where an expression stands. */
export interface Setting {
  readonly budget: Budget;
  /** Error `IMPORT_INVALID` where there is no such name. */
  name(name: string, spot: Spot): HclValue;
  /** An attribute of a block: `target.web.tags`. Undefined: nothing is called so, and the name is one like others. */
  block?(type: string, label: string, attribute: string, spot: Spot): HclValue | undefined;
  /** What a call gives. */
  call(name: string, args: readonly HclValue[], spot: Spot): HclValue;
}

/** Names of a loop or of a function's arguments before those around. */
export const withNames = (setting: Setting, names: ReadonlyMap<string, HclValue>): Setting => ({
  ...setting,
  name(name, spot) {
    const own = names.get(name);
    return own === undefined ? setting.name(name, spot) : own;
  },
});

/** The value of an expression. Errors `IMPORT_INVALID`, `IMPORT_UNSUPPORTED` with the place of what is wrong. */
export function evaluate(expression: Expression, setting: Setting): HclValue {
  setting.budget.spend(1, expression.spot);
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "template":
      return templateText(expression, setting);
    case "name":
      return setting.name(expression.name, expression.spot);
    case "attribute":
      return (
        blockAttribute(expression, setting) ??
        attribute(evaluate(expression.of, setting), expression.name, expression.spot)
      );
    case "index":
      return element(evaluate(expression.of, setting), evaluate(expression.key, setting), expression.spot);
    case "splat":
      return splat(expression, setting);
    case "call":
      return call(expression, setting);
    case "unary": {
      const operand = evaluate(expression.operand, setting);
      return expression.operator === "-"
        ? -needNumber(operand, expression.spot)
        : !needBoolean(operand, expression.spot);
    }
    case "binary":
      return binary(expression, setting);
    case "conditional":
      return conditional(expression, setting);
    case "list":
      return expression.items.map((item) => evaluate(item, setting));
    case "object":
      return objectOf(
        expression.entries.map(({ key, value }) => [
          needText(evaluate(key, setting), key.spot, "a key"),
          evaluate(value, setting),
        ]),
      );
    case "for":
      return loop(expression, setting);
  }
}

function blockAttribute({ of, name, spot }: Attribute, setting: Setting): HclValue | undefined {
  if (of.kind === "attribute" && of.of.kind === "name")
    return setting.block?.(of.of.name, of.name, name, spot);
  if (of.kind !== "index" || of.of.kind !== "name" || of.key.kind !== "literal") return undefined;
  return setting.block?.(of.of.name, String(of.key.value), name, spot);
}

function attribute(of: HclValue, name: string, spot: Spot): HclValue {
  if (isList(of)) throw invalid(`a list has no ${name}`, spot, `take it of each element: [*].${name}`);
  if (!isObject(of)) throw invalid(`${typeName(of)} has no ${name}`, spot);
  const found = of.get(name);
  if (found !== undefined) return found;
  throw invalid(`there is no ${name} in it`, spot, `it has ${[...of.keys()].join(", ") || "nothing"}`);
}

function element(of: HclValue, key: HclValue, spot: Spot): HclValue {
  if (isObject(of)) return attribute(of, needText(key, spot, "a key"), spot);
  if (!isList(of)) throw invalid(`${typeName(of)} has no elements`, spot);
  const index = needNumber(key, spot, "an index");
  const found = of[index];
  if (found === undefined) throw invalid(`there is no element ${index} of ${of.length}`, spot);
  return found;
}

function splat({ of, steps, spot }: Splat, setting: Setting): HclValue {
  const value = evaluate(of, setting);
  const items = value === null ? [] : isList(value) ? value : [value];
  setting.budget.spend(items.length * (steps.length + 1), spot);
  return items.map((item) =>
    steps.reduce<HclValue>(
      (current, step) =>
        "name" in step
          ? attribute(current, step.name, step.spot)
          : element(current, evaluate(step.key, setting), step.key.spot),
      item,
    ),
  );
}

/** `try`, `can` and `convert` do not evaluate what they are given as others do. */
function call({ name, args, spreads, spot }: Call, setting: Setting): HclValue {
  if (name === "try") return firstThatWorks(args, setting, spot);
  if (name === "can") return args[0] !== undefined && works(args[0], setting) !== undefined;
  if (name === "convert") {
    const [value, type] = args;
    if (value === undefined || type === undefined) throw invalid("convert takes a value and a type", spot);
    return convertTo(parseType(type), evaluate(value, setting), value.spot);
  }
  const values = args.map((arg) => evaluate(arg, setting));
  const last = values.at(-1);
  if (!spreads) return setting.call(name, values, spot);
  if (last === undefined || !isList(last))
    throw invalid("only a list can be spread", args.at(-1)?.spot ?? spot);
  return setting.call(name, [...values.slice(0, -1), ...last], spot);
}

function works(expression: Expression, setting: Setting): { readonly value: HclValue } | undefined {
  try {
    return { value: evaluate(expression, setting) };
  } catch (error) {
    // Where nothing is left to spend, nothing else works either.
    setting.budget.spend(0, expression.spot);
    if (isTsdockError(error) && error.code === "IMPORT_INVALID") return undefined;
    throw error;
  }
}

function firstThatWorks(args: readonly Expression[], setting: Setting, spot: Spot): HclValue {
  for (const arg of args) {
    const found = works(arg, setting);
    if (found !== undefined) return found.value;
  }
  throw invalid("none of the arguments of try can be evaluated", spot);
}

function binary(
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  setting: Setting,
): HclValue {
  const a = evaluate(left, setting);
  if (operator === "&&" || operator === "||") {
    const b = evaluate(right, setting);
    const [x, y] = [needBoolean(a, left.spot), needBoolean(b, right.spot)];
    return operator === "&&" ? x && y : x || y;
  }
  const b = evaluate(right, setting);
  if (operator === "==" || operator === "!=") {
    setting.budget.spendOn(a, left.spot);
    return equal(a, b) === (operator === "==");
  }
  const result = arithmetic(operator, needNumber(a, left.spot), needNumber(b, right.spot));
  if (typeof result === "number" && !Number.isFinite(result))
    throw invalid("this divides by zero or is larger than any number", right.spot);
  return result;
}

function arithmetic(operator: string, a: number, b: number): HclValue {
  switch (operator) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    default:
      return b === 0 ? Number.NaN : a % b;
  }
}

/** Both values have one type: where they differ, that of text. */
function conditional(expression: Extract<Expression, { kind: "conditional" }>, setting: Setting): HclValue {
  const { condition, then, otherwise } = expression;
  const chosen = needBoolean(evaluate(condition, setting), condition.spot, "a condition");
  const value = evaluate(chosen ? then : otherwise, setting);
  if (value === null || isList(value) || isObject(value) || typeof value === "string") return value;
  const other = works(chosen ? otherwise : then, setting)?.value;
  return other === undefined || other === null || typeof other === typeof value
    ? value
    : (asText(value) ?? value);
}

/** Keys (or indices) and values of what a loop goes through. */
function entriesOf(collection: Expression, setting: Setting): readonly (readonly [HclValue, HclValue])[] {
  const value = evaluate(collection, setting);
  if (isObject(value)) return [...value];
  if (isList(value)) return value.map((item, index) => [index, item] as const);
  throw invalid(`a loop goes through a list or an object, and this is ${typeName(value)}`, collection.spot);
}

function loopSettings(
  { keyName, valueName, collection }: Pick<For, "keyName" | "valueName" | "collection">,
  setting: Setting,
): readonly Setting[] {
  return entriesOf(collection, setting).map(([key, value]) => {
    const names = new Map<string, HclValue>(keyName === undefined ? [] : [[keyName, key]]);
    return withNames(setting, names.set(valueName, value));
  });
}

function loop(expression: For, setting: Setting): HclValue {
  const { condition, key, value, grouped } = expression;
  const rounds = loopSettings(expression, setting).filter(
    (round) =>
      condition === undefined || needBoolean(evaluate(condition, round), condition.spot, "a condition"),
  );
  if (key === undefined) return rounds.map((round) => evaluate(value, round));
  const found = new Map<string, HclValue[]>();
  for (const round of rounds) {
    const name = needText(evaluate(key, round), key.spot, "a key");
    const before = found.get(name) ?? [];
    if (before.length > 0 && !grouped)
      throw invalid(
        `two elements have the key ${JSON.stringify(name)}`,
        key.spot,
        "group them with ... behind the value",
      );
    found.set(name, [...before, evaluate(value, round)]);
  }
  return objectOf(
    [...found].map(([name, values]) => [name, grouped ? values : (values[0] ?? null)] as const),
  );
}

function templateText({ parts, spot }: Template, setting: Setting): string {
  const text = partsText(parts, setting);
  setting.budget.spend(text.length, spot);
  return text;
}

const partsText = (parts: readonly TemplatePart[], setting: Setting): string =>
  parts.map((part) => partText(part, setting)).join("");

function partText(part: TemplatePart, setting: Setting): string {
  if (typeof part === "string") {
    return part;
  }
  switch (part.kind) {
    case "value": {
      const text = needText(evaluate(part.value, setting), part.value.spot, "what is put into text");
      setting.budget.spend(text.length, part.value.spot);
      return text;
    }
    case "if": {
      const { condition, then, otherwise } = part;
      const holds = needBoolean(evaluate(condition, setting), condition.spot, "a condition");
      return partsText(holds ? then : otherwise, setting);
    }
    case "for":
      return loopSettings(part, setting)
        .map((round) => {
          const text = partsText(part.body, round);
          setting.budget.spend(text.length + 1, part.collection.spot);
          return text;
        })
        .join("");
  }
}
