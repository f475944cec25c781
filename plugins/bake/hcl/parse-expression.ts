import { parseHeredoc } from "./parse-heredoc.ts";
import { forNames, parseTemplate } from "./parse-template.ts";
import { namePattern, type Scanner } from "./scanner.ts";
import { invalid } from "./source.ts";
import type { Call, Expression, For, SplatStep } from "./syntax.ts";

const levels: readonly RegExp[] = [/\|\|/y, /&&/y, /==|!=/y, /<=|>=|<(?!<)|>/y, /[+-]/y, /[*/%]/y];

/** An expression of HCL, from the scanner's place. */
export function parseExpression(scanner: Scanner): Expression {
  return scanner.within(scanner.newlinesEnd, () => {
    const condition = parseBinary(scanner, 0);
    if (!scanner.accepts("?")) return condition;
    const then = parseExpression(scanner);
    scanner.expect(":", "between the two values of a condition");
    const otherwise = parseExpression(scanner);
    return { kind: "conditional", spot: condition.spot, condition, then, otherwise };
  });
}

function parseBinary(scanner: Scanner, level: number): Expression {
  const pattern = levels[level];
  if (pattern === undefined) return parseUnary(scanner);
  let left = parseBinary(scanner, level + 1);
  for (;;) {
    scanner.skip();
    const operator = scanner.match(pattern);
    if (operator === undefined) return left;
    left = { kind: "binary", spot: left.spot, operator, left, right: parseBinary(scanner, level + 1) };
  }
}

function parseUnary(scanner: Scanner): Expression {
  scanner.skip();
  const { spot } = scanner;
  const operator = scanner.match(/-|!(?!=)/y);
  if (operator === undefined) return parsePostfix(scanner, parsePrimary(scanner));
  const operand = scanner.within(scanner.newlinesEnd, () => parseUnary(scanner));
  return { kind: "unary", spot, operator: operator as "-" | "!", operand };
}

function parsePostfix(scanner: Scanner, start: Expression): Expression {
  let of = start;
  for (;;) {
    const { spot } = scanner;
    if (scanner.match(/\.\*/y) !== undefined)
      of = { kind: "splat", spot, of, steps: attributeSteps(scanner) };
    else if (scanner.match(/\[\s*\*\s*\]/y) !== undefined)
      of = { kind: "splat", spot, of, steps: fullSteps(scanner) };
    else if (scanner.sees("...")) return of;
    else if (scanner.takes(".")) of = member(scanner, of);
    else if (scanner.takes("[")) of = { kind: "index", spot, of, key: bracketed(scanner) };
    else return of;
  }
}

function member(scanner: Scanner, of: Expression): Expression {
  const { spot } = scanner;
  const digits = scanner.match(/\d+/y);
  if (digits !== undefined)
    return { kind: "index", spot, of, key: { kind: "literal", spot, value: Number(digits) } };
  return { kind: "attribute", spot, of, name: attributeName(scanner) };
}

function attributeName(scanner: Scanner): string {
  const name = scanner.match(namePattern());
  if (name === undefined) throw scanner.unexpected("the name of an attribute");
  return name;
}

function bracketed(scanner: Scanner): Expression {
  return scanner.within(false, () => {
    const key = parseExpression(scanner);
    scanner.expect("]", "after an index");
    return key;
  });
}

const seesAttribute = (scanner: Scanner): boolean =>
  scanner.sees(".") && !scanner.sees("...") && !scanner.sees(".*");

function attributeStep(scanner: Scanner): SplatStep {
  scanner.offset += 1;
  const { spot } = scanner;
  return { name: attributeName(scanner), spot };
}

function attributeSteps(scanner: Scanner): readonly SplatStep[] {
  const steps: SplatStep[] = [];
  while (seesAttribute(scanner)) steps.push(attributeStep(scanner));
  return steps;
}

function fullSteps(scanner: Scanner): readonly SplatStep[] {
  const steps: SplatStep[] = [];
  for (;;) {
    if (scanner.sees("[") && !/^\[\s*\*/.test(scanner.text.slice(scanner.offset, scanner.offset + 20))) {
      scanner.offset += 1;
      steps.push({ key: bracketed(scanner) });
    } else if (seesAttribute(scanner)) steps.push(attributeStep(scanner));
    else return steps;
  }
}

const words: Readonly<Record<string, true | false | null>> = { true: true, false: false, null: null };

function parsePrimary(scanner: Scanner): Expression {
  const { spot } = scanner;
  if (scanner.takes('"'))
    return unwrapped({ ...parseTemplate(scanner, { end: '"', escapes: true }, parseExpression), spot });
  const heredoc = scanner.match(/<<-?[\p{L}_][\p{L}\p{Nd}_-]*[ \t]*\r?\n/uy);
  if (heredoc !== undefined) return unwrapped({ ...parseHeredoc(scanner, heredoc, parseExpression), spot });
  const number = scanner.match(/\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
  if (number !== undefined) return { kind: "literal", spot, value: Number(number) };
  if (scanner.takes("(")) {
    return scanner.within(false, () => {
      const inner = parseExpression(scanner);
      scanner.expect(")", "after what stands in parentheses");
      return inner;
    });
  }
  if (scanner.takes("[")) return parseList(scanner, spot);
  if (scanner.takes("{")) return parseObject(scanner, spot);
  const name = scanner.match(namePattern());
  if (name === undefined) throw scanner.unexpected("a value");
  if (Object.hasOwn(words, name)) return { kind: "literal", spot, value: words[name] ?? null };
  return scanner.takes("(") ? parseCall(scanner, name, spot) : { kind: "name", spot, name };
}

/** Text that is one expression is that expression, of whatever type. */
export function unwrapped(template: Extract<Expression, { kind: "template" }>): Expression {
  const [only, ...others] = template.parts;
  if (only === undefined) return { kind: "literal", spot: template.spot, value: "" };
  if (others.length > 0) return template;
  if (typeof only === "string") return { kind: "literal", spot: template.spot, value: only };
  return only.kind === "value" ? only.value : template;
}

function parseCall(scanner: Scanner, name: string, spot: Expression["spot"]): Call {
  return scanner.within(false, () => {
    const args: Expression[] = [];
    for (;;) {
      if (scanner.accepts(")")) return { kind: "call", spot, name, args, spreads: false };
      args.push(parseExpression(scanner));
      if (scanner.accepts("...")) {
        scanner.expect(")", "after the last argument");
        return { kind: "call", spot, name, args, spreads: true };
      }
      if (!scanner.takes(",") && !scanner.sees(")")) throw scanner.unexpected('"," or ")"');
    }
  });
}

const parseList = (scanner: Scanner, spot: Expression["spot"]): Expression =>
  scanner.within(false, () => {
    scanner.skip();
    if (scanner.match(/for\b/y) !== undefined) return parseFor(scanner, spot, false);
    const items: Expression[] = [];
    for (;;) {
      if (scanner.accepts("]")) return { kind: "list", spot, items };
      items.push(parseExpression(scanner));
      if (!scanner.accepts(",") && !scanner.sees("]")) throw scanner.unexpected('"," or "]"');
    }
  });

function parseObject(scanner: Scanner, spot: Expression["spot"]): Expression {
  const start = scanner.offset;
  const isFor = scanner.within(false, () => {
    scanner.skip();
    return scanner.match(/for\b(?!\s*[=:])/y) !== undefined;
  });
  if (isFor) return scanner.within(false, () => parseFor(scanner, spot, true));
  scanner.offset = start;
  return scanner.within(true, () => {
    const entries: { key: Expression; value: Expression }[] = [];
    for (;;) {
      scanner.skipLines();
      if (scanner.takes("}")) return { kind: "object", spot, entries };
      const key = parseKey(scanner);
      if (!scanner.accepts("=") && !scanner.takes(":")) throw scanner.unexpected('"=" or ":"');
      entries.push({ key, value: parseExpression(scanner) });
      if (!scanner.accepts(",") && !scanner.sees("\n") && !scanner.sees("}"))
        throw scanner.unexpected('a line break, "," or "}"');
    }
  });
}

/** A bare name is text; anything else is an expression. */
function parseKey(scanner: Scanner): Expression {
  const { spot, offset } = scanner;
  const name = scanner.match(namePattern());
  scanner.skip();
  if (name !== undefined && (scanner.sees("=") || scanner.sees(":")))
    return { kind: "literal", spot, value: name };
  scanner.offset = offset;
  return parseExpression(scanner);
}

/** After `[for` or `{for`. */
function parseFor(scanner: Scanner, spot: Expression["spot"], isObject: boolean): For {
  const [first = "", second] = forNames(scanner);
  const collection = parseExpression(scanner);
  scanner.expect(":", "after what is gone through");
  const head = parseExpression(scanner);
  const hasArrow = scanner.accepts("=>");
  if (hasArrow !== isObject)
    throw invalid(isObject ? "an object needs key => value" : "only an object has =>", scanner.spot);
  const value = hasArrow ? parseExpression(scanner) : head;
  const grouped = hasArrow && scanner.accepts("...");
  scanner.skip();
  const condition = scanner.match(/if\b/y) === undefined ? undefined : parseExpression(scanner);
  scanner.expect(isObject ? "}" : "]", "at the end of for");
  const names =
    second === undefined ? { keyName: undefined, valueName: first } : { keyName: first, valueName: second };
  return {
    kind: "for",
    spot,
    ...names,
    collection,
    key: hasArrow ? head : undefined,
    value,
    grouped,
    condition,
  };
}
