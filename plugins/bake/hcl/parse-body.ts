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
    if (!scanner.accepts("\n") && !scanner.isAtEnd) throw scanner.unexpected("a new line");
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
  const body = scanner.within(true, () => {
    scanner.skip();
    return scanner.sees("\n") || scanner.isAtEnd ? parseBody(scanner, false) : parseLine(scanner);
  });
  scanner.expect("}", "at the end of a block");
  return { ...head, labels, body };
}

/** What stands on the line of its block's `{`: one argument or none, and the end of the block. */
function parseLine(scanner: Scanner): HclBody {
  if (scanner.sees("}")) return { attributes: [], blocks: [] };
  const { spot } = scanner;
  const name = scanner.match(namePattern());
  if (name === undefined) throw scanner.unexpected('a new line, an argument or "}"');
  scanner.expect("=", `after ${name}: blocks in blocks begin on lines of their own`);
  const value = parseExpression(scanner);
  scanner.skip();
  if (scanner.sees("}")) return { attributes: [{ name, spot, value }], blocks: [] };
  throw scanner.unexpected(
    '"}" after the one argument that may stand on the line of "{" (several stand on lines of their own)',
  );
}
