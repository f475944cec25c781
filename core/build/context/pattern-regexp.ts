const specials = new Set(".+()|{}$");
/** Letters that mean the same after a backslash in Go's regular expressions and in JavaScript's. */
const classLetters = new Set("dDwWsSbBtnrfv");

/** How a pattern is compared: most are plain text and need no regular expression. */
export type CompiledPattern =
  | { readonly type: "exact" }
  /** Everything below a directory: the pattern without its `**`. */
  | { readonly type: "prefix" }
  /** The pattern without its leading `**`. */
  | { readonly type: "suffix" }
  | { readonly type: "regexp"; readonly regexp: RegExp };

/**
 * Turns a cleaned pattern into what it is compared by, character for character as moby's patternmatcher does, its
 * peculiarities included. Throws `SyntaxError` where the regular expression would not compile.
 */
export function compilePattern(pattern: string): CompiledPattern {
  const source = new PatternSource([...pattern]);
  const type = source.translate();
  if (type !== "regexp") return { type };
  return { type, regexp: new RegExp(`^${source.text}$`, "u") };
}

class PatternSource {
  readonly #chars: readonly string[];
  #at = 0;
  #inClass = false;
  #type: CompiledPattern["type"] = "exact";
  text = "";

  constructor(chars: readonly string[]) {
    this.#chars = chars;
  }

  translate(): CompiledPattern["type"] {
    for (let round = 0; this.#at < this.#chars.length; round++) {
      const char = this.#chars[this.#at++] ?? "";
      if (char === "*") this.#star(round === 0);
      else if (char === "?") this.#anyButSlash("");
      else if (specials.has(char)) this.text += `\\${char}`;
      else if (char === "\\") this.#escape();
      else if (char === "[" || char === "]") this.#bracket(char);
      else this.text += char === "/" ? "\\/" : char;
    }
    return this.#type;
  }

  #wild(text: string): void {
    this.text += text;
    this.#type = "regexp";
  }

  /** Within brackets the inserted text's own bracket ends them, as it does in moby's. */
  #anyButSlash(quantifier: string): void {
    this.#wild(`${this.#inClass ? "\\[" : "["}^/]${quantifier}`);
    this.#inClass = false;
  }

  #star(first: boolean): void {
    if (this.#chars[this.#at] !== "*") {
      this.#anyButSlash("*");
      return;
    }
    this.#at++;
    if (this.#chars[this.#at] === "/") this.#at++;
    if (this.#at < this.#chars.length) this.#wild("(.*\\/)?");
    else if (this.#type === "exact") this.#type = "prefix";
    else this.#wild(".*");
    if (first) this.#type = "suffix";
  }

  #escape(): void {
    const next = this.#chars[this.#at++];
    if (next === undefined) {
      this.text += "\\";
      return;
    }
    // Go takes any escaped punctuation as itself, and letters only where they mean something.
    if (/^[a-z0-9]$/i.test(next) && !classLetters.has(next))
      throw new SyntaxError(`invalid escape \\${next}`);
    const known =
      classLetters.has(next) || "^$\\.*+?()[]{}|/".includes(next) || (next === "-" && this.#inClass);
    this.#wild(known ? `\\${next}` : next);
  }

  #bracket(char: "[" | "]"): void {
    if (char === "[") {
      this.#wild(this.#inClass ? "\\[" : "[");
      this.#inClass = true;
      return;
    }
    this.#wild(this.#inClass ? "]" : "\\]");
    this.#inClass = false;
  }
}
