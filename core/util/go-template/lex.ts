import { templateError } from "./template-error.ts";

export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "dot"
  | "field"
  | "variable"
  | "identifier"
  | "string"
  | "number"
  | "symbol"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** Without its quotes, its `.` or its `$`. */
  readonly text: string;
  readonly at: number;
  /** White space stands before it: `.A .B` are two values, `.A.B` is one. */
  readonly spaced: boolean;
}

const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  [
    "number",
    /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*)(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)(?![\p{L}\d_])/uy,
  ],
  ["field", /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["dot", /\./y],
  ["variable", /\$[\p{L}\p{Nd}_]*/uy],
  ["identifier", /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["string", /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+'/y],
  ["symbol", /:=|[|=,()]/y],
];
const comment = /\{\{(?:-\s+)?\/\*(?:[^*]|\*(?!\/))*\*\/(\s+-)?\}\}/y;

/** Parts of a template (Go's text/template/parse, lex.go), with the white space taken away that `{{- ` and ` -}}` take away. */
export function lex(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  const addText = (until: number, trimEnd: boolean): void => {
    let part = text.slice(at, until);
    if (trimNext) part = part.trimStart();
    if (trimEnd) part = part.trimEnd();
    if (part !== "") tokens.push({ kind: "text", text: part, at, spaced: false });
  };
  for (;;) {
    const open = text.indexOf("{{", at);
    if (open < 0) {
      addText(text.length, false);
      tokens.push({ kind: "end", text: "", at: text.length, spaced: false });
      return tokens;
    }
    comment.lastIndex = open;
    const remark = comment.exec(text);
    const trims = /^-\s/.test(text.slice(open + 2, open + 4));
    addText(open, trims);
    if (remark !== null) {
      trimNext = remark[1] !== undefined;
      at = comment.lastIndex;
      continue;
    }
    const inside = lexAction(text, open + 2 + (trims ? 1 : 0), tokens, open);
    trimNext = inside.trims;
    at = inside.end;
  }
}

function lexAction(
  text: string,
  start: number,
  tokens: Token[],
  open: number,
): { readonly end: number; readonly trims: boolean } {
  tokens.push({ kind: "open", text: "{{", at: open, spaced: false });
  let at = start;
  for (;;) {
    const space = /\s*/y;
    space.lastIndex = at;
    space.exec(text);
    const spaced = space.lastIndex > at;
    at = space.lastIndex;
    const trims = spaced && text.startsWith("-}}", at);
    if (trims || text.startsWith("}}", at)) {
      tokens.push({ kind: "close", text: "}}", at, spaced });
      return { end: at + (trims ? 3 : 2), trims };
    }
    if (at >= text.length) throw templateError(text, open, "an action is not closed by }}");
    const token = nextToken(text, at, spaced);
    tokens.push(token.token);
    at = token.end;
  }
}

function nextToken(
  text: string,
  at: number,
  spaced: boolean,
): { readonly token: Token; readonly end: number } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    return { token: { kind, text: contentOf(text, at, kind, found), at, spaced }, end: at + found.length };
  }
  const what = /["'`]/.test(text[at] ?? "")
    ? "a quote is not closed"
    : `unexpected ${JSON.stringify(text[at])}`;
  throw templateError(text, at, what);
}

function contentOf(text: string, at: number, kind: TokenKind, found: string): string {
  if (kind === "field" || kind === "variable") return found.slice(1);
  if (kind !== "string") return found;
  const inner = found.slice(1, -1);
  return found.startsWith("`") ? inner : unescape(text, at, inner);
}

const simple: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** Escapes of Go's interpreted strings. */
function unescape(text: string, at: number, inner: string): string {
  return inner.replaceAll(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]))/g,
    (
      all,
      hex: string | undefined,
      short: string | undefined,
      long: string | undefined,
      octal: string | undefined,
      one: string | undefined,
    ) => {
      const code = hex ?? short ?? long;
      if (code !== undefined && Number.parseInt(code, 16) <= 0x10ffff)
        return String.fromCodePoint(Number.parseInt(code, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const known = one === undefined ? undefined : simple[one];
      if (known === undefined) throw templateError(text, at, `${all} is no escape of Go's strings`);
      return known;
    },
  );
}
