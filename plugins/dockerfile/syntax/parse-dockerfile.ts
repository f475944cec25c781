import type { Directive, Dockerfile, Escape, Heredoc, Instruction, Piece } from "./dockerfile.ts";
import { heredocMarks } from "./heredoc.ts";
import { Mistakes } from "./mistake.ts";
import { splitFlags } from "./split-flags.ts";
import { type Line, linesOf } from "./text-lines.ts";
import { jsonList } from "./words.ts";

/**
 * Reads a Dockerfile as BuildKit's parser does: parser directives, continued lines with comments and blank lines between them,
 * here-documents (also of ONBUILD), flags. Error `IMPORT_INVALID`.
 */
export function parseDockerfile(text: string, file: string): Dockerfile {
  return new Parser(text, new Mistakes(file)).parse();
}

const isComment = (line: string): boolean => /^\s*#/.test(line);
const commentText = (line: string): string => line.replace(/^\s*#/, "").trim();

class Parser {
  readonly #lines: readonly Line[];
  readonly #mistakes: Mistakes;
  #next = 0;

  constructor(text: string, mistakes: Mistakes) {
    this.#lines = linesOf(text);
    this.#mistakes = mistakes;
  }

  parse(): Dockerfile {
    const directives = this.#directives();
    const escape: Escape = directives.find(({ name }) => name === "escape")?.value === "`" ? "`" : "\\";
    const instructions: Instruction[] = [];
    let comments: string[] = [];
    for (let line = this.#take(); line !== undefined; line = this.#take()) {
      if (isComment(line.text)) comments.push(commentText(line.text));
      else if (line.text.trim() !== "") {
        instructions.push(this.#instruction(line, escape, comments));
        comments = [];
      }
    }
    if (instructions.length === 0)
      throw this.#mistakes.invalid("there is no instruction in it", { line: 1, column: 1 });
    return { directives, escape, instructions, comments };
  }

  #take(): Line | undefined {
    const line = this.#lines[this.#next];
    if (line !== undefined) this.#next += 1;
    return line;
  }

  /** Only lines at the very beginning count, each name once; anything else ends them. */
  #directives(): readonly Directive[] {
    const found: Directive[] = [];
    for (;;) {
      const line = this.#lines[this.#next];
      const [, word = "", value = ""] =
        /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line?.text ?? "") ?? [];
      const name = (["syntax", "escape", "check"] as const).find((one) => one === word.toLowerCase());
      if (line === undefined || name === undefined) return found;
      const at = { line: line.number, column: 1 };
      if (found.some((one) => one.name === name))
        throw this.#mistakes.invalid(`the directive ${name} is given twice`, at);
      if (name === "escape" && value !== "\\" && value !== "`")
        throw this.#mistakes.invalid(
          `${JSON.stringify(value)} cannot be the escape character`,
          at,
          "it is \\ or `",
        );
      found.push({ name, value, line: line.number });
      this.#next += 1;
    }
  }

  #instruction(first: Line, escape: Escape, comments: readonly string[]): Instruction {
    const start = this.#next - 1;
    const pieces = this.#pieces(first, escape);
    const line = pieces.map(({ text }) => text).join("");
    const [, keyword = "", after = ""] = /^\s*(\S+)(?:[\t\v\f\r ]+([\s\S]*))?$/.exec(line) ?? [];
    const { flags, rest } = splitFlags(after, escape);
    const column = first.text.length - first.text.trimStart().length + 1;
    const heredocs = hasHeredocs(keyword, rest)
      ? heredocMarks(line).map((mark) => this.#heredoc(mark, { line: first.number, column }))
      : [];
    return {
      keyword: keyword.toUpperCase(),
      flags,
      body: rest.trim(),
      pieces: cutPieces(pieces, line.length - rest.length),
      heredocs,
      comments,
      line: first.number,
      column,
      source: this.#lines.slice(start, this.#next),
    };
  }

  /** The lines of an instruction, without what continues them. */
  #pieces(first: Line, escape: Escape): readonly Piece[] {
    const mark = escape === "\\" ? "\\\\" : "`";
    const continued = new RegExp(`(?:(?<=[^${mark}])|^)${mark}[ \\t]*$`);
    const trimmed = first.text.trimStart();
    const pieces: Piece[] = [{ text: trimmed.replace(continued, ""), comments: [] }];
    let comments: string[] = [];
    for (let open = continued.test(trimmed); open; ) {
      const line = this.#take();
      if (line === undefined) break;
      if (isComment(line.text)) comments.push(commentText(line.text));
      else if (line.text.trim() !== "") {
        open = continued.test(line.text);
        pieces.push({ text: line.text.replace(continued, ""), comments });
        comments = [];
      }
    }
    return pieces;
  }

  #heredoc(mark: Omit<Heredoc, "content">, at: { line: number; column: number }): Heredoc {
    let content = "";
    for (let line = this.#take(); line !== undefined; line = this.#take()) {
      if ((mark.chomp ? line.text.replace(/^\t+/, "") : line.text) === mark.name) return { ...mark, content };
      content += line.raw;
    }
    throw this.#mistakes.invalid(
      `the here-document ${mark.name} does not end`,
      at,
      `write ${mark.name} on a line of its own behind it`,
    );
  }
}

function hasHeredocs(keyword: string, rest: string): boolean {
  const [, inner = "", body = ""] = /^(\S+)\s*([\s\S]*)$/.exec(rest.trim()) ?? [];
  const [word, text] = /^onbuild$/i.test(keyword) ? [inner, body] : [keyword, rest];
  return /^(?:add|copy|run)$/i.test(word) && !Array.isArray(jsonList(text));
}

/** Leaves out the first characters of all pieces together, and what is empty then. */
function cutPieces(pieces: readonly Piece[], length: number): readonly Piece[] {
  let left = length;
  const kept: Piece[] = [];
  let comments: readonly string[] = [];
  for (const piece of pieces) {
    const text = piece.text.slice(left);
    left = Math.max(0, left - piece.text.length);
    comments = [...comments, ...piece.comments];
    if (left > 0 || (text === "" && kept.length === 0)) continue;
    kept.push({ text, comments });
    comments = [];
  }
  return kept;
}
