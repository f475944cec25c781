import type { Content } from "../../operation.ts";

/** BuildKit reads lines up to 64 KiB. */
const longestLine = 60_000;

/** The text of a here-document with these contents; undefined where none can have them: it ends with a line break, and lines are short. */
export function heredocText(content: Content): string | undefined {
  const text = "text" in content ? content.text : textOf(content.base64);
  if (text === undefined || /[\r\0]/.test(text) || !(text === "" || text.endsWith("\n"))) return undefined;
  return text.split("\n").every((line) => Buffer.byteLength(line) < longestLine) ? text : undefined;
}

function textOf(base64: string): string | undefined {
  const bytes = Buffer.from(base64, "base64");
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

/** The mark after `<<` and what follows the instruction's line. `text` ends with a line break, or is empty. */
export function heredoc(text: string): { readonly mark: string; readonly body: string } {
  const lines = new Set(text.split("\n"));
  let end = "EOF";
  for (let count = 2; lines.has(end); count += 1) end = `EOF${count}`;
  // Quoted: nothing is expanded.
  const mark = /[$\\"'`]/.test(text) ? `<<"${end}"` : `<<${end}`;
  return { mark, body: `${text}${end}` };
}
