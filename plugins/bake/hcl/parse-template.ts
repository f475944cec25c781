import type { Scanner } from "./scanner.ts";
import { namePattern } from "./scanner.ts";
import { invalid } from "./source.ts";
import type { Expression, Template, TemplatePart } from "./syntax.ts";

type ParseExpression = (scanner: Scanner) => Expression;

interface TemplateForm {
  /** What ends the text; undefined: the end of the scanner's text. */
  readonly end: string | undefined;
  readonly escapes: boolean;
  /** Of text whose lines are parts of their own, which `~` trims alone: what is done to the parts. */
  readonly indent?: (parts: readonly FlatPart[]) => readonly FlatPart[];
}

/** Text, a value, or a directive that is not yet brought together with what closes it. */
export type FlatPart = Exclude<TemplatePart, { kind: "if" } | { kind: "for" }> | Directive;
interface Directive {
  readonly kind: "directive";
  readonly offset: number;
  readonly word: string;
  readonly names: readonly string[];
  readonly value: Expression | undefined;
}

/** Text with `${…}` and `%{…}` in it, from the scanner's place to `end`, which is passed. */
export function parseTemplate(scanner: Scanner, form: TemplateForm, parse: ParseExpression): Template {
  const { spot } = scanner;
  const flat = flatParts(scanner, form, parse);
  const reader = { parts: form.indent?.(flat) ?? flat, index: 0 };
  const parts = nested(scanner, reader, []);
  return { kind: "template", spot, parts };
}

function flatParts(
  scanner: Scanner,
  { end, escapes, indent }: TemplateForm,
  parse: ParseExpression,
): readonly FlatPart[] {
  const start = scanner.offset;
  const parts: FlatPart[] = [];
  let text = "";
  let trims = false;
  const close = (trimEnd: boolean): void => {
    // Text of this language is always in this form.
    const composed = text.normalize("NFC");
    const lines = indent === undefined ? [composed] : composed.split(/(?<=\n)/);
    if (trims) lines[0] = lines[0]?.trimStart() ?? "";
    if (trimEnd) lines.push(lines.pop()?.trimEnd() ?? "");
    parts.push(...(text === "" ? [] : lines));
    text = "";
  };
  for (;;) {
    if (end === undefined ? scanner.isAtEnd : scanner.takes(end)) break;
    if (scanner.isAtEnd || (escapes && scanner.sees("\n")))
      throw invalid("this text is never closed", scanner.spotAt(Math.max(0, start - 1)));
    const opening = scanner.match(/[$%]\{~?/y);
    if (opening !== undefined) {
      close(opening.endsWith("~"));
      const offset = scanner.offset;
      parts.push(opening.startsWith("$") ? interpolation(scanner, parse) : directive(scanner, offset, parse));
      scanner.skip();
      trims = scanner.takes("~");
      scanner.expect("}", "after what is put into text");
      continue;
    }
    const doubled = scanner.match(/(\$\$|%%)(?=\{)/y);
    if (doubled !== undefined) {
      text += `${doubled.slice(1)}{`;
      scanner.offset += 1;
    } else if (escapes && scanner.sees("\\")) text += escape(scanner);
    else text += scanner.match(/[^$%"\\\n]+/y) ?? nextCharacter(scanner);
  }
  close(false);
  return parts;
}

function nextCharacter(scanner: Scanner): string {
  const character = scanner.text.charAt(scanner.offset);
  scanner.offset += 1;
  return character;
}

const plain: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

function escape(scanner: Scanner): string {
  const { spot } = scanner;
  scanner.offset += 1;
  const digits = scanner.match(/u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}/y);
  const point = digits === undefined ? undefined : Number.parseInt(digits.slice(1), 16);
  if (point !== undefined && point <= 0x10ffff) return String.fromCodePoint(point);
  const found = Object.hasOwn(plain, scanner.text.charAt(scanner.offset))
    ? plain[scanner.text.charAt(scanner.offset)]
    : undefined;
  if (found === undefined)
    throw invalid("after a backslash there is n, r, t, a quote, a backslash or u and digits", spot);
  scanner.offset += 1;
  return found;
}

const interpolation = (scanner: Scanner, parse: ParseExpression): FlatPart =>
  scanner.within(false, () => ({ kind: "value", value: parse(scanner) }));

const directive = (scanner: Scanner, offset: number, parse: ParseExpression): Directive =>
  scanner.within(false, () => {
    scanner.skip();
    const word = scanner.match(/(?:if|else|endif|for|endfor)\b/y);
    if (word === undefined) throw scanner.unexpected("if, else, endif, for or endfor");
    if (word === "if") return { kind: "directive", offset, word, names: [], value: parse(scanner) };
    if (word !== "for") return { kind: "directive", offset, word, names: [], value: undefined };
    const names = forNames(scanner);
    return { kind: "directive", offset, word, names, value: parse(scanner) };
  });

/** `[key,] value in` */
export function forNames(scanner: Scanner): readonly string[] {
  const names: string[] = [];
  do {
    scanner.skip();
    const name = scanner.match(namePattern());
    if (name === undefined) throw scanner.unexpected("a name");
    names.push(name);
    scanner.skip();
  } while (names.length < 2 && scanner.takes(","));
  if (scanner.match(/in\b/y) === undefined) throw scanner.unexpected('"in"');
  return names;
}

interface Reader {
  readonly parts: readonly FlatPart[];
  index: number;
}

/** Parts up to one of the closing words, which stays. */
function nested(scanner: Scanner, reader: Reader, closing: readonly string[]): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (;;) {
    const part = reader.parts[reader.index];
    if (part === undefined) {
      if (closing.length === 0) return parts;
      throw invalid(`%{ ${closing.at(-1) ?? ""} } is missing`, scanner.spotAt(scanner.offset - 1));
    }
    if (typeof part === "string" || part.kind === "value") {
      if (part !== "") parts.push(part);
      reader.index += 1;
      continue;
    }
    if (closing.includes(part.word)) return parts;
    reader.index += 1;
    parts.push(directivePart(scanner, reader, part));
  }
}

function directivePart(scanner: Scanner, reader: Reader, part: Directive): TemplatePart {
  const { word, value, names, offset } = part;
  if (value === undefined) throw invalid(`%{ ${word} } closes nothing`, scanner.spotAt(offset));
  return scanner.within(false, () => {
    if (word === "for") {
      const body = nested(scanner, reader, ["endfor"]);
      reader.index += 1;
      const [first = "", second] = names;
      const keyName = second === undefined ? undefined : first;
      return { kind: "for", keyName, valueName: second ?? first, collection: value, body };
    }
    const then = nested(scanner, reader, ["else", "endif"]);
    const closer = reader.parts[reader.index];
    reader.index += 1;
    if (typeof closer !== "object" || closer.kind !== "directive" || closer.word === "endif")
      return { kind: "if", condition: value, then, otherwise: [] };
    const otherwise = nested(scanner, reader, ["endif"]);
    reader.index += 1;
    return { kind: "if", condition: value, then, otherwise };
  });
}
