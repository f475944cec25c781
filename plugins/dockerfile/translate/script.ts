import { lineComment } from "tsdock/plugin";
import { list, type Layout, raw } from "../print/layout.ts";
import { printText, quoted, templateText } from "../print/literals.ts";

/** A line of a continued command, and comments that stand before it. */
export interface ScriptLine {
  readonly text: string;
  readonly comments: readonly string[];
}

const longest = 90;

/**
 * The command of a RUN, so that the shell sees what docker gives it: in one line, as a script of several lines, or as text that is put
 * together from lines, with the comments between them.
 */
export function scriptLayout(pieces: readonly ScriptLine[], shell: readonly string[]): Layout {
  const joined = pieces
    .map(({ text }) => text)
    .join("")
    .trimEnd();
  const whole = pieces.length === 1 && pieces[0] !== undefined ? pieces[0].text : joined;
  if (whole.includes("\n")) return severalLines(whole, shell);
  const commented = pieces.some(({ comments }) => comments.length > 0);
  if (pieces.length === 1) return raw(printText(whole));
  const lines = pieces.map(({ text }) => text.trimEnd());
  const isFree = isShell(shell) && breaksOutsideOfQuotes(pieces);
  const short = isFree
    ? lines.map((line, index) => (index === 0 ? line : line.trimStart())).join(" ")
    : joined;
  if (!commented && short.length <= longest) return raw(printText(short));
  if (!commented && isFree) {
    const script = lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line)).join("\n");
    if (keepsItsShape(script)) return { kind: "block", at: (indent) => template(script, indent) };
  }
  return { kind: "block", ownLines: true, at: (indent) => concatenation(pieces, indent) };
}

/** A shell that takes a backslash before a line break as docker does. */
const isShell = (shell: readonly string[]): boolean => /(?:^|\/)(?:ba|da|a|k|z)?sh$/.test(shell[0] ?? "");

/** A declaration takes away the first line break and what all lines share: text that this would change is given word by word. */
function severalLines(text: string, shell: readonly string[]): Layout {
  const written = isShell(shell) ? withoutSharedIndent(text) : text;
  if (keepsItsShape(written)) {
    if (written.endsWith("\n"))
      return { kind: "block", at: (indent) => template(written.slice(0, -1), indent) };
    return raw(`\`${templateText(written)}\``);
  }
  return list([...shell, text].map((word) => raw(word.includes("\n") ? printText(word) : quoted(word))));
}

/** To a shell blank space at the beginning of a line says nothing, unless the line goes on from the one before. */
function withoutSharedIndent(text: string): string {
  const lines = text.split("\n");
  const pieces = lines.map((line) => ({ text: line.replace(/\\$/, ""), comments: [] }));
  const goesOn = lines.some((line) => /[^ \t]\\$/.test(line));
  if (goesOn || text.includes("<<") || !pieces.every((piece) => endsOutsideOfQuotes(piece.text))) return text;
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^[ \t]*/.exec(line)?.[0] ?? "");
  const shared = indents.reduce((a, b) => (b.startsWith(a) ? a : a.startsWith(b) ? b : ""), indents[0] ?? "");
  return lines.map((line) => (line.startsWith(shared) ? line.slice(shared.length) : line.trim())).join("\n");
}

const keepsItsShape = (text: string): boolean => {
  const lines = text.split("\n");
  const written = lines.filter((line) => line.trim() !== "");
  return (
    !text.includes("\r") &&
    lines[0]?.trim() !== "" &&
    written.some((line) => !/^[ \t]/.test(line)) &&
    lines.every((line) => line === "" || line.trim() !== "")
  );
};

/** Lines at the indentation of the code: what they share does not count. */
function template(text: string, indent: string): string {
  const inner = `${indent}  `;
  const lines = templateText(text)
    .split("\n")
    .map((line) => (line === "" ? "" : inner + line));
  return `\`\n${lines.join("\n")}\n${indent}\``;
}

function concatenation(pieces: readonly ScriptLine[], indent: string): string {
  const inner = `\n${indent}  `;
  const last = pieces.length - 1;
  return pieces
    .map(({ text, comments }, index) => {
      const said = index === 0 ? [] : comments.filter((comment) => comment !== "");
      const line = quoted(index === last ? text.trimEnd() : text);
      return [...said.map(lineComment), `${line}${index === last ? "" : " +"}`].join(inner);
    })
    .join(inner);
}

/** Whether no line ends within quotes, a comment or a word: then a line break there says the same. */
const breaksOutsideOfQuotes = (pieces: readonly ScriptLine[]): boolean =>
  pieces
    .slice(0, -1)
    .every(({ text }) => /[ \t]$/.test(text) && !/#|<</.test(unquoted(text)) && endsOutsideOfQuotes(text));

const quotedParts = /\\.|'[^']*'|"(?:\\.|[^"\\])*"/g;
const unquoted = (line: string): string => line.replace(quotedParts, "");

/** Of a line that begins outside of them. */
const endsOutsideOfQuotes = (line: string): boolean => !/['"]/.test(unquoted(line));
