/** A line of a file, counted from 1. `text` is without its end; `raw` is as it stands in the file. */
export interface Line {
  readonly number: number;
  readonly text: string;
  readonly raw: string;
}

const byteOrderMark = "\ufeff";

export function linesOf(text: string): readonly Line[] {
  const whole = text.startsWith(byteOrderMark) ? text.slice(1) : text;
  const raw = whole.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return raw.map((line, index) => ({ number: index + 1, text: line.replace(/[\r\n]+$/, ""), raw: line }));
}
