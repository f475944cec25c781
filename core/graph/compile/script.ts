/**
 * Text of several lines as a template literal holds it: the first line break goes if nothing stands before it, blank space after the
 * last line goes, and so does the indentation that all lines share. One line stays as it is.
 */
export function dedent(text: string): string {
  if (!text.includes("\n")) return text;
  const lines = text
    .replace(/^[ \t]*\n/, "")
    .replace(/\n[ \t]*$/, "\n")
    .split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^[ \t]*/.exec(line)?.[0] ?? "");
  const shared = indents.reduce(commonPrefix, indents[0] ?? "");
  return lines
    .map((line) => (line.startsWith(shared) ? line.slice(shared.length) : line.trimStart()))
    .join("\n");
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}
