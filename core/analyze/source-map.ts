import type { TextPosition } from "./text-position.ts";

const digits = new Map(
  Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", (digit, value) => [
    digit,
    value,
  ]),
);

/** Where generated columns of one line come from. All count from 0. */
interface Segment {
  readonly generated: number;
  readonly line: number;
  readonly column: number;
}

/** The mappings of a source map with one source, decoded: <https://tc39.es/ecma426/#sec-mappings>. */
export function decodeMappings(mappings: string): readonly (readonly Segment[])[] {
  let line = 0;
  let column = 0;
  return mappings.split(";").map((group) => {
    let generated = 0;
    return group.split(",").flatMap((text) => {
      const fields = decodeVlq(text);
      generated += fields[0] ?? 0;
      if (fields.length < 4) return [];
      line += fields[2] ?? 0;
      column += fields[3] ?? 0;
      return [{ generated, line, column }];
    });
  });
}

function decodeVlq(text: string): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const digit = digits.get(character) ?? 0;
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    values.push((value & 1) === 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return values;
}

/** The original position of a generated one: that of the last segment at or before it on its line. */
export function originalPosition(
  mappings: readonly (readonly Segment[])[],
  position: TextPosition,
): TextPosition | undefined {
  const found = mappings[position.line - 1]?.findLast(({ generated }) => generated <= position.column - 1);
  return found === undefined ? undefined : { line: found.line + 1, column: found.column + 1 };
}
