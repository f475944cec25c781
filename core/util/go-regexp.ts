/** Classes of POSIX within brackets, as Go's regexp/syntax has them. */
const posix: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

const space = "\\t\\n\\f\\r ";
const general = /^(?:C|L|M|N|P|S|Z)[a-z]?$/;
const syntaxCharacter = /[\^$\\.*+?()[\]{}|/]/;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Takes what a sticky pattern matches here. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(pattern.source, "yu");
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text);
    if (found === null) return undefined;
    this.#at = sticky.lastIndex;
    return found;
  }

  next(): string {
    const [character = ""] = this.take(/[\s\S]/) ?? [];
    return character;
  }
}

/**
 * A pattern as Go's `regexp.Compile` reads it (RE2's syntax), for JavaScript. Throws `SyntaxError` with the reason for what Go would not
 * take, and for what JavaScript has no form of: flags that begin in the middle, and `\C`.
 */
export function goRegExp(source: string): RegExp {
  const reader = new Reader(source);
  let flags = "u";
  for (let set = reader.take(/\(\?([imsU]+)\)/); set !== undefined; set = reader.take(/\(\?([imsU]+)\)/)) {
    if (set[1]?.includes("U")) throw new SyntaxError("the flag U has no form here");
    flags = [...new Set(flags + (set[1] ?? ""))].join("");
  }
  let pattern = "";
  while (!reader.done) pattern += piece(reader);
  return new RegExp(pattern, flags);
}

function piece(reader: Reader): string {
  const group = reader.take(/\(\?(?:P?<(\w+)>|(:)|([^)]*\)?))/);
  if (group !== undefined) return groupStart(group);
  const quoted = reader.take(/\\Q([\s\S]*?)(?:\\E|$)/);
  if (quoted !== undefined) return (quoted[1] ?? "").replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&");
  if (reader.take(/\\A/)) return "(?<![\\s\\S])";
  if (reader.take(/\\z/)) return "(?![\\s\\S])";
  const repeat = reader.take(/\{\d+(?:,\d*)?\}/);
  if (repeat !== undefined) return repeat[0];
  if (reader.take(/\[/)) return bracket(reader);
  const escaped = escapeOf(reader, false);
  if (escaped !== undefined) return escaped;
  const character = reader.next();
  return /[{}\]/]/.test(character) ? `\\${character}` : character;
}

function groupStart([all, name, plain]: RegExpExecArray): string {
  if (name !== undefined) return `(?<${name}>`;
  if (plain !== undefined) return "(?:";
  throw new SyntaxError(`${all} is not supported: write flags such as (?i) at the beginning`);
}

function bracket(reader: Reader): string {
  let set = reader.take(/\^/) ? "[^" : "[";
  // A bracket that comes first means itself.
  if (reader.take(/\]/)) set += "\\]";
  while (!reader.take(/\]/)) {
    if (reader.done) throw new SyntaxError("a bracket is not closed");
    const [, not, name = ""] = reader.take(/\[:(\^)?(\w+):\]/) ?? [];
    if (name !== "") {
      const members = Object.hasOwn(posix, name) ? posix[name] : undefined;
      if (members === undefined || not !== undefined)
        throw new SyntaxError(`[:${not ?? ""}${name}:] is not supported`);
      set += members;
      continue;
    }
    const escaped = escapeOf(reader, true);
    if (escaped !== undefined) set += escaped;
    else set += inBracket(reader.next());
  }
  return `${set}]`;
}

const inBracket = (character: string): string =>
  /[[\]{}()|/\\^$.*+?]/.test(character) ? `\\${character}` : character;

/** What begins with a backslash; undefined for anything else. */
function escapeOf(reader: Reader, inside: boolean): string | undefined {
  const [, character] = reader.take(/\\([\s\S]?)/) ?? [];
  if (character === undefined) return undefined;
  switch (character) {
    case "":
      throw new SyntaxError("it ends with a backslash");
    case "s":
      return inside ? space : `[${space}]`;
    case "S":
      if (inside) throw new SyntaxError("\\S within brackets is not supported");
      return `[^${space}]`;
    case "a":
      return "\\x07";
    case "p":
    case "P":
      return property(reader, character);
    case "x":
      return hexadecimal(reader);
    case "0":
      return `\\x${parseInt(reader.take(/[0-7]{1,2}/)?.[0] ?? "0", 8)
        .toString(16)
        .padStart(2, "0")}`;
    default:
      if (/[dDwWbBfnrtv]/.test(character)) return `\\${character}`;
      if (/[A-Za-z0-9]/.test(character)) throw new SyntaxError(`\\${character} is no escape`);
      return syntaxCharacter.test(character) || (inside && character === "-") ? `\\${character}` : character;
  }
}

function property(reader: Reader, kind: string): string {
  const name = reader.take(/\{(\^?\w+)\}/)?.[1] ?? reader.take(/\w/)?.[0] ?? "";
  if (name.startsWith("^")) throw new SyntaxError(`\\${kind}{${name}} is not supported`);
  return general.test(name) ? `\\${kind}{${name}}` : `\\${kind}{Script=${name}}`;
}

function hexadecimal(reader: Reader): string {
  const digits = reader.take(/\{([0-9A-Fa-f]+)\}/)?.[1] ?? reader.take(/[0-9A-Fa-f]{2}/)?.[0];
  if (digits === undefined) throw new SyntaxError("\\x needs two hexadecimal digits");
  return `\\u{${digits}}`;
}
