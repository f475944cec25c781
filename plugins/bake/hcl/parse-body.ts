import { parseExpression } from "./parse-expression.ts";
import { namePattern, Scanner } from "./scanner.ts";
import { invalid, type Source } from "./source.ts";
import type { HclAttribute, HclBlock, HclBody } from "./syntax.ts";

/** A file of HCL: attributes and blocks. Errors `IMPORT_INVALID` with their places. */
export function parseHcl(source: Source): HclBody {
  const scanner = new Scanner(source);
  scanner.takes("\uFEFF");
  return parseBody(scanner, true);
}

function parseBody(scanner: Scanner, isFile: boolean): HclBody {
  const attributes: HclAttribute[] = [];
  const blocks: HclBlock[] = [];
  for (;;) {
    scanner.comments = [];
    scanner.skipLines();
    const { comments, spot } = scanner;
    if (scanner.isAtEnd && isFile) return { attributes, blocks };
    if (scanner.sees("}") && !isFile) return { attributes, blocks };
    const name = scanner.match(namePattern());
    if (name === undefined) throw scanner.unexpected("the name of a block or an attribute");
    if (scanner.accepts("=")) {
      if (attributes.some((one) => one.name === name)) throw invalid(`${name} is given twice`, spot);
      attributes.push({ name, spot, value: parseExpression(scanner) });
    } else blocks.push(parseBlock(scanner, { type: name, spot, comments }));
    if (!scanner.accepts("\n") && !scanner.isAtEnd && !scanner.sees("}"))
      throw scanner.unexpected("a new line");
  }
}

function parseBlock(scanner: Scanner, head: Pick<HclBlock, "type" | "spot" | "comments">): HclBlock {
  const labels: string[] = [];
  for (;;) {
    if (scanner.accepts("{")) break;
    const quoted = scanner.match(/"(?:[^"\\\n$%]|\\.|[$%](?!\{))*"/y);
    const label =
      quoted === undefined ? scanner.match(namePattern()) : quoted.slice(1, -1).replace(/\\(.)/g, "$1");
    if (label === undefined) throw scanner.unexpected('"=" or "{"');
    labels.push(label);
  }
  const body = scanner.within(true, () => parseBody(scanner, false));
  scanner.expect("}", "at the end of a block");
  return { ...head, labels, body };
}
