import type { TextPosition } from "./text-position.ts";

export interface CodeFrameOptions {
  /** How many characters the caret underlines, on its own line at most. */
  readonly length?: number;
  /** Lines before and after. */
  readonly context?: number;
  /** Colours of a terminal for the line with the mistake. */
  readonly color?: boolean;
}

const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;
const grey = (text: string): string => `\u001b[90m${text}\u001b[39m`;

/**
 * The lines around a position with a caret below it, as compilers show them. Tabs are kept in the caret's line, so that
 * it stands where it should whatever their width; very long lines are cut around the position.
 */
export function codeFrame(text: string, position: TextPosition, options: CodeFrameOptions = {}): string {
  const { length = 1, context = 2, color = false } = options;
  const lines = text.split(/\r\n|\r|\n/);
  const first = Math.max(1, position.line - context);
  const last = Math.min(lines.length, position.line + context);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const here = number === position.line;
    const { shown, column } = clip(lines[number - 1] ?? "", position.column);
    const gutter = `${here ? ">" : " "} ${String(number).padStart(width)} |`;
    frame.push(`${color && !here ? grey(gutter) : gutter} ${shown}`.trimEnd());
    if (!here) continue;
    const carets = "^".repeat(Math.max(1, Math.min(length, shown.length - column + 1)));
    const indent = shown.slice(0, column - 1).replace(/[^\t]/g, " ");
    frame.push(`  ${" ".repeat(width)} | ${indent}${color ? red(carets) : carets}`);
  }
  return frame.join("\n");
}

const longest = 160;

/** A window on a long line in which the column can be seen. */
function clip(line: string, column: number): { readonly shown: string; readonly column: number } {
  if (line.length <= longest) return { shown: line, column: Math.min(column, line.length + 1) };
  const start = Math.max(0, Math.min(column - 1 - longest / 2, line.length - longest));
  return { shown: line.slice(start, start + longest), column: column - start };
}
