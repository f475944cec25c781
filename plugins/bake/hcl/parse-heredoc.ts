import { parseTemplate } from "./parse-template.ts";
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
  const lines = scanner.text
    .slice(start, start + end.index)
    .split("\n")
    .slice(0, -1);
  const shift = indented ? sharedIndent(lines) : 0;
  const offsets = lineOffsets(lines, shift);
  const text = lines.map((line) => `${line.slice(Math.min(shift, indentOf(line)))}\n`).join("");
  const inner = new Scanner(scanner.spot.source, text, (offset) =>
    scanner.spotAt(start + offset + shiftBefore(offsets, offset)),
  );
  scanner.offset = start + end.index + end[0].length;
  return scanner.within(true, () => parseTemplate(inner, { end: undefined, escapes: false }, parse));
}

const indentOf = (line: string): number => /^[ \t]*/.exec(line)?.[0].length ?? 0;

const sharedIndent = (lines: readonly string[]): number =>
  lines
    .filter((line) => line.trim() !== "")
    .reduce((least, line) => Math.min(least, indentOf(line)), Number.POSITIVE_INFINITY);

interface LineShift {
  readonly from: number;
  readonly shift: number;
}

/** How much was taken away before each line of the text that is left. */
function lineOffsets(lines: readonly string[], shift: number): readonly LineShift[] {
  let from = 0;
  let taken = 0;
  return lines.map((line) => {
    const own = Math.min(shift, indentOf(line));
    taken += own;
    const entry = { from, shift: taken };
    from += line.length - own + 1;
    return entry;
  });
}

const shiftBefore = (lines: readonly LineShift[], offset: number): number =>
  lines.findLast(({ from }) => from <= offset)?.shift ?? 0;
