import { parseExpression, unwrapped } from "./parse-expression.ts";
import { parseTemplate } from "./parse-template.ts";
import { Scanner } from "./scanner.ts";
import { invalid, type Source, type Spot } from "./source.ts";
import type { Expression, HclAttribute, HclBlock, HclBody, ObjectNode } from "./syntax.ts";

/** How many labels the blocks of a type have. */
export type BlockLabels = Readonly<Record<string, number>>;

/** A file of HCL in its JSON form: text is a template, an object under the name of a block type is such blocks. */
export function parseJsonBody(source: Source, labels: BlockLabels): HclBody {
  const scanner = new Scanner(source);
  scanner.takes("\uFEFF");
  const root = scanner.within(false, () => parseValue(scanner));
  scanner.match(/\s*/y);
  if (!scanner.isAtEnd) throw scanner.unexpected("the end of the file");
  if (root.kind !== "object") throw invalid("the file is no object", root.spot);
  return bodyOf(root, labels);
}

function parseValue(scanner: Scanner): Expression {
  scanner.match(/\s*/y);
  const { spot } = scanner;
  if (scanner.sees('"')) return template(jsonText(scanner), spot);
  if (scanner.takes("{")) return scanner.within(false, () => parseMembers(scanner, spot));
  if (scanner.takes("[")) return scanner.within(false, () => parseItems(scanner, spot));
  const number = scanner.match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y);
  if (number !== undefined) return literal(Number(number), spot);
  const word = scanner.match(/(?:true|false|null)\b/y);
  if (word === undefined) throw scanner.unexpected("a value of JSON");
  return literal(word === "null" ? null : word === "true", spot);
}

const literal = (value: null | boolean | number | string, spot: Spot): Expression => ({
  kind: "literal",
  spot,
  value,
});

function jsonText(scanner: Scanner): string {
  const { spot } = scanner;
  const written = scanner.match(/"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
  if (written === undefined)
    throw invalid("this text is not closed or has a character that JSON does not allow", spot);
  return JSON.parse(written) as string;
}

function template(text: string, spot: Spot): Expression {
  const scanner = new Scanner(spot.source, text, () => spot);
  return unwrapped(parseTemplate(scanner, { end: undefined, escapes: false }, parseExpression));
}

function parseMembers(scanner: Scanner, spot: Spot): Expression {
  const entries: { key: Expression; value: Expression }[] = [];
  for (;;) {
    scanner.match(/\s*/y);
    if (entries.length === 0 && scanner.takes("}")) break;
    const keySpot = scanner.spot;
    if (!scanner.sees('"')) throw scanner.unexpected('a name in quotes or "}"');
    const key = jsonText(scanner);
    scanner.match(/\s*/y);
    if (!scanner.takes(":")) throw scanner.unexpected('":"');
    // Keys of values are templates as well; those of blocks are names.
    entries.push({ key: template(key, keySpot), value: parseValue(scanner) });
    scanner.match(/\s*/y);
    if (scanner.takes("}")) break;
    if (!scanner.takes(",")) throw scanner.unexpected('"," or "}"');
  }
  return { kind: "object", spot, entries };
}

function parseItems(scanner: Scanner, spot: Spot): Expression {
  const items: Expression[] = [];
  for (;;) {
    scanner.match(/\s*/y);
    if (items.length === 0 && scanner.takes("]")) break;
    items.push(parseValue(scanner));
    scanner.match(/\s*/y);
    if (scanner.takes("]")) break;
    if (!scanner.takes(",")) throw scanner.unexpected('"," or "]"');
  }
  return { kind: "list", spot, items };
}

function bodyOf({ entries }: ObjectNode, labels: BlockLabels): HclBody {
  const attributes: HclAttribute[] = [];
  const blocks: HclBlock[] = [];
  for (const { key, value } of entries) {
    const name = keyOf(key);
    // A property for people, as HCL has it.
    if (name === "//") continue;
    const count = Object.hasOwn(labels, name) ? labels[name] : undefined;
    if (count === undefined) attributes.push({ name, spot: key.spot, value });
    else blocks.push(...blocksOf(name, key.spot, value, count));
  }
  return { attributes, blocks };
}

function keyOf(key: Expression): string {
  if (key.kind === "literal") return String(key.value);
  throw invalid("the name of a block takes no ${…}", key.spot);
}

/** Labels first, as names of objects; then one block or a list of them. */
function blocksOf(
  type: string,
  spot: Spot,
  value: Expression,
  count: number,
  labels: readonly string[] = [],
): readonly HclBlock[] {
  if (value.kind === "list") return value.items.flatMap((item) => blocksOf(type, spot, item, count, labels));
  if (value.kind !== "object") throw invalid(`${type} is an object`, value.spot);
  if (labels.length < count)
    return value.entries.flatMap(({ key, value: inner }) =>
      blocksOf(type, key.spot, inner, count, [...labels, keyOf(key)]),
    );
  return [{ type, spot, labels, comments: [], body: bodyOf(value, { validation: 0 }) }];
}
