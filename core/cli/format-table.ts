import { plainText } from "../util/plain-text.ts";

/** The narrowest column and the space after the widest cell, as docker has them. */
const narrowest = 10;
const padding = 3;

const widthOf = (text: string): number => [...text].length;

/** Columns as docker prints them: three spaces after the widest cell and `least` characters at least; nothing after the last. */
export function formatTable(cells: readonly (readonly string[])[], least: number = narrowest): string {
  const rows = cells.map((row) => row.map(plainText));
  const widths: number[] = [];
  for (const row of rows)
    row.forEach(
      (cell, column) => (widths[column] = Math.max(widths[column] ?? least, widthOf(cell) + padding)),
    );
  const padded = (cell: string, column: number): string =>
    cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : padded(cell, column))).join("");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}
