/** A position in a text; both count from 1, the column in UTF-16 units as editors do. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** The position of an offset in UTF-16 units. Lines end as in JavaScript: LF, CR LF or CR. */
export function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset).split(/\r\n|\r(?!\n)|\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
