import { type FlatPart, parseTemplate } from "./parse-template.ts";
import { Scanner } from "./scanner.ts";
import { invalid } from "./source.ts";
import type { Expression, Template } from "./syntax.ts";

/** `<<EOT` … `EOT`, at the mark. `<<-` takes away the indentation that all lines share. */
export function parseHeredoc(
  scanner: Scanner,
  opening: string,
  parse: (scanner: Scanner) => Expression,
): Template {
  const start = scanner.offset;
  const indented = opening.startsWith("<<-");
  const word = opening.slice(indented ? 3 : 2).trim();
  const end = new RegExp(`^[ \\t]*${word.replace(/[^\p{L}\p{Nd}_]/gu, "\\$&")}[ \\t]*\\r?$`, "mu").exec(
    scanner.text.slice(start),
  );
  if (end === null) throw invalid(`no line ${word} ends this text`, scanner.spotAt(start - opening.length));
  const text = scanner.text.slice(start, start + end.index);
  const inner = new Scanner(scanner.spot.source, text, (offset) => scanner.spotAt(start + offset));
  scanner.offset = start + end.index + end[0].length;
  const indent = indented ? withoutIndent : (parts: readonly FlatPart[]): readonly FlatPart[] => parts;
  return scanner.within(true, () => parseTemplate(inner, { end: undefined, escapes: false, indent }, parse));
}

const indentOf = (line: string): number => /^\s*/.exec(line)?.[0].length ?? 0;
const isBlank = (part: FlatPart): boolean => typeof part === "string" && /^\s*\n$/.test(part);

/**
 * HCL's own way, which is not what one would expect: a line counts unless `~` took the break before it, and is shortened if it counts;
 * an empty line neither counts nor is shortened; a line that begins with `${` or had its blanks trimmed has no indentation.
 */
function withoutIndent(parts: readonly FlatPart[]): readonly FlatPart[] {
  const starts = parts.map((part, index) => {
    const before = parts[index - 1];
    return (index === 0 || (typeof before === "string" && before.endsWith("\n"))) && !isBlank(part);
  });
  const shared = parts.reduce(
    (least, part, index) =>
      starts[index] === true ? Math.min(least, typeof part === "string" ? indentOf(part) : 0) : least,
    Number.POSITIVE_INFINITY,
  );
  return parts.map((part, index) =>
    starts[index] === true && typeof part === "string" ? part.slice(shared) : part,
  );
}
