import { asBoolean, asNumber, asText, isList, isObject, objectOf, setOf, typeName } from "./values.ts";
import { invalid, type Spot } from "../hcl/source.ts";
import type { Expression, HclValue } from "../hcl/syntax.ts";

export type HclType =
  | { readonly kind: "any" | "string" | "number" | "bool" }
  | { readonly kind: "list" | "set" | "map"; readonly of: HclType }
  | { readonly kind: "tuple"; readonly items: readonly HclType[] }
  | {
      readonly kind: "object";
      readonly attributes: ReadonlyMap<string, { type: HclType; optional: boolean }>;
    };

const simple = ["any", "string", "number", "bool"] as const;

/** `string`, `list(number)`, `object({ name = string, port = optional(number) })` … */
export function parseType(expression: Expression): HclType {
  const { spot } = expression;
  if (expression.kind === "name") {
    const { name } = expression;
    const kind = simple.find((one) => one === name);
    if (kind !== undefined) return { kind };
    if (name === "list" || name === "set" || name === "map") return { kind: name, of: { kind: "any" } };
  }
  if (expression.kind === "call") {
    const [argument, ...others] = expression.args;
    const { name } = expression;
    if (argument !== undefined && others.length === 0) {
      if (name === "list" || name === "set" || name === "map") return { kind: name, of: parseType(argument) };
      if (name === "tuple" && argument.kind === "list")
        return { kind: "tuple", items: argument.items.map(parseType) };
      if (name === "object" && argument.kind === "object") return objectType(argument);
    }
  }
  throw invalid(
    "this is no type",
    spot,
    "write string, number, bool, any, list(…), set(…), map(…), tuple([…]) or object({…})",
  );
}

const objectType = ({ entries }: Extract<Expression, { kind: "object" }>): HclType => ({
  kind: "object",
  attributes: new Map(
    entries.map(({ key, value }) => {
      const name = key.kind === "literal" ? String(key.value) : "";
      const inner = value.kind === "call" && value.name === "optional" ? value.args[0] : undefined;
      return [name, { type: parseType(inner ?? value), optional: inner !== undefined }] as const;
    }),
  ),
});

const typeText = (type: HclType): string =>
  "of" in type ? `${type.kind} of ${typeText(type.of)}` : type.kind;

/** A value of a type; numbers, text and booleans become one another where they can. Error `IMPORT_INVALID`. */
export function convertTo(type: HclType, value: HclValue, spot: Spot): HclValue {
  if (value === null || type.kind === "any") return value;
  const wrong = (): Error => invalid(`this must be ${typeText(type)} and is ${typeName(value)}`, spot);
  switch (type.kind) {
    case "string":
      return asText(value) ?? raise(wrong());
    case "number":
      return asNumber(value) ?? raise(wrong());
    case "bool":
      return asBoolean(value) ?? raise(wrong());
    case "list":
    case "set": {
      if (!isList(value)) throw wrong();
      const items = value.map((item) => convertTo(type.of, item, spot));
      return type.kind === "set" ? setOf(items) : items;
    }
    case "map":
      if (!isObject(value)) throw wrong();
      return objectOf([...value].map(([key, item]) => [key, convertTo(type.of, item, spot)] as const));
    case "tuple":
      if (!isList(value) || value.length !== type.items.length) throw wrong();
      return value.map((item, index) => convertTo(type.items[index] ?? { kind: "any" }, item, spot));
    case "object":
      if (!isObject(value)) throw wrong();
      return objectOf(
        [...type.attributes].map(([name, { type: inner, optional }]) => {
          const item = value.get(name);
          if (item === undefined && !optional) throw invalid(`it has no ${name}`, spot);
          return [name, convertTo(inner, item ?? null, spot)] as const;
        }),
      );
  }
}

function raise(error: Error): never {
  throw error;
}
