import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Directive, Expression, ObjectProperty, Program, Statement } from "oxc-parser";
import type { ConfigPlace } from "./check-config.ts";
import type { Offsets } from "../util/offsets.ts";
import { yamlOffsets } from "../util/yaml-offsets.ts";

/** Places in a configuration file, which is parsed when the first is asked for. `base` is where the configuration begins. */
export function configPlaces(file: string, base: readonly string[] = []): ConfigPlace {
  let known: { readonly text: string; readonly offsets: Offsets } | undefined;
  return (keys, part) => {
    known ??= readOffsets(file);
    const offset = known.offsets([...base, ...keys], part) ?? 0;
    const before = known.text.slice(0, offset).split(/\r\n|\r(?!\n)|\n/);
    return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  };
}

function readOffsets(file: string): { readonly text: string; readonly offsets: Offsets } {
  const text = fs.readFileSync(file, "utf8");
  const extension = path.extname(file);
  if (extension === ".yaml" || extension === ".yml") return { text, offsets: yamlOffsets(text) };
  return { text, offsets: extension === ".json" ? jsonOffsets(text) : moduleOffsets(file, text) };
}

const parse = (file: string, text: string): Program => {
  const { parseSync } = createRequire(import.meta.url)("oxc-parser") as typeof import("oxc-parser");
  return parseSync(file, text).program;
};

/** JSON is an expression of JavaScript. */
function jsonOffsets(text: string): Offsets {
  const [statement] = parse("value.js", `(${text}\n)`).body;
  const root =
    statement?.type === "ExpressionStatement" ? unwrap(statement.expression, new Map()) : undefined;
  const offsets = expressionOffsets(root, new Map());
  return (keys, part) => Math.max(0, (offsets(keys, part) ?? 1) - 1);
}

function moduleOffsets(file: string, text: string): Offsets {
  const { body } = parse(file, text);
  const constants = new Map<string, Expression>();
  for (const statement of body) {
    if (statement.type !== "VariableDeclaration") continue;
    for (const { id, init } of statement.declarations)
      if (id.type === "Identifier" && init) constants.set(id.name, init);
  }
  return expressionOffsets(exported(body), constants);
}

/** What a module exports by default, as `export default` or `module.exports`. */
function exported(body: readonly (Statement | Directive)[]): Expression | undefined {
  for (const statement of body) {
    if (statement.type === "ExportDefaultDeclaration") return statement.declaration as Expression;
    if (statement.type !== "ExpressionStatement" || statement.expression.type !== "AssignmentExpression")
      continue;
    const { left, right } = statement.expression;
    if (
      left.type === "MemberExpression" &&
      left.property.type === "Identifier" &&
      left.property.name === "exports"
    )
      return right;
  }
  return undefined;
}

function expressionOffsets(
  root: Expression | undefined,
  constants: ReadonlyMap<string, Expression>,
): Offsets {
  return (keys, part) => {
    let at = unwrap(root, constants);
    let offset = at?.start;
    for (const [depth, key] of keys.entries()) {
      if (at?.type === "ArrayExpression") {
        const element = at.elements[Number(key)];
        at = element && element.type !== "SpreadElement" ? unwrap(element, constants) : undefined;
        offset = at?.start ?? offset;
        continue;
      }
      const property = at?.type === "ObjectExpression" ? propertyOf(at.properties, key) : undefined;
      if (property === undefined) return offset;
      const last = depth === keys.length - 1;
      offset = last && part === "key" ? property.key.start : property.value.start;
      at = unwrap(property.value, constants);
    }
    return offset;
  };
}

function propertyOf(
  properties: readonly { readonly type: string }[],
  key: string,
): ObjectProperty | undefined {
  return properties.find((property): property is ObjectProperty => {
    if (property.type !== "Property") return false;
    const { key: name, computed } = property as ObjectProperty;
    if (name.type === "Identifier") return !computed && name.name === key;
    return name.type === "Literal" && String(name.value) === key;
  });
}

/** The object itself behind `defineConfig(…)`, `satisfies`, `as`, parentheses and a constant's name. */
function unwrap(
  node: Expression | undefined,
  constants: ReadonlyMap<string, Expression>,
): Expression | undefined {
  switch (node?.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "ParenthesizedExpression":
      return unwrap(node.expression, constants);
    case "CallExpression": {
      const [argument] = node.arguments;
      return argument === undefined || argument.type === "SpreadElement" ? node : unwrap(argument, constants);
    }
    case "Identifier": {
      const constant = constants.get(node.name);
      return constant === undefined || constant === node ? node : unwrap(constant, constants);
    }
    default:
      return node;
  }
}
