import type { Escape } from "../syntax/dockerfile.ts";
import { ExpandError } from "./expand-error.ts";
import { type Lookup, type Operator, substitute } from "./substitute.ts";
import { join, staticText, text, type Value } from "./value.ts";

export interface ExpandOptions {
  readonly escape: Escape;
  readonly lookup: Lookup;
  /** Here-documents: quotes are text like any other. */
  readonly quotesAreText?: boolean;
}

/** A word with its quotes and escapes taken away and its variables replaced, as docker does it. Throws `ExpandError`. */
export const expandWord = (word: string, options: ExpandOptions): Value =>
  new Expansion(word, options).until(undefined, false);

const specialNames = "@*#?-$!0";

class Expansion {
  readonly #word: string;
  readonly #options: ExpandOptions;
  #at = 0;

  constructor(word: string, options: ExpandOptions) {
    this.#word = word;
    this.#options = options;
  }

  /** Up to a character, or to the end. */
  until(stop: string | undefined, keepEscapes: boolean): Value {
    const values: Value[] = [];
    const { escape, quotesAreText = false } = this.#options;
    for (;;) {
      const char = this.#word[this.#at];
      if (char === undefined) {
        if (stop !== undefined) throw new ExpandError("invalid", `${stop} is missing in it`);
        return join(...values);
      }
      if (char === "$") values.push(this.#dollar(keepEscapes));
      else if (!quotesAreText && char === "'") values.push(this.#single());
      else if (!quotesAreText && char === '"') values.push(this.#double(keepEscapes));
      else {
        this.#at += 1;
        if (char === stop) return join(...values);
        if (char !== escape) values.push(text(char));
        else values.push(text((keepEscapes ? escape : "") + (this.#word[this.#at++] ?? "")));
      }
    }
  }

  #single(): Value {
    const end = this.#word.indexOf("'", this.#at + 1);
    if (end < 0) throw new ExpandError("invalid", "a single quote does not end");
    const inner = this.#word.slice(this.#at + 1, end);
    this.#at = end + 1;
    return text(inner);
  }

  #double(keepEscapes: boolean): Value {
    const values: Value[] = [];
    const { escape } = this.#options;
    for (this.#at += 1; ; ) {
      const char = this.#word[this.#at];
      if (char === undefined) throw new ExpandError("invalid", "a double quote does not end");
      if (char === "$") {
        values.push(this.#dollar(keepEscapes));
        continue;
      }
      this.#at += 1;
      if (char === '"') return join(...values);
      const next = this.#word[this.#at];
      if (char !== escape) values.push(text(char));
      else if (next === '"' || next === "$" || next === escape) {
        values.push(text((keepEscapes ? escape : "") + next));
        this.#at += 1;
      } else if (next !== undefined || keepEscapes) values.push(text(escape));
    }
  }

  #dollar(keepEscapes: boolean): Value {
    this.#at += 1;
    if (this.#word[this.#at] !== "{") {
      const name = this.#name();
      return name === "" ? text("$") : substitute(this.#options.lookup, name, undefined);
    }
    this.#at += 1;
    const name = this.#name();
    if (name === "") throw new ExpandError("invalid", "${ is not followed by a name");
    const operator = this.#operator();
    if (operator === undefined) return substitute(this.#options.lookup, name, undefined);
    if (operator === "/" || operator === "//") {
      const pattern = this.#known(this.until("/", true), "the pattern");
      const by = this.#known(this.until("}", true), "the replacement");
      return substitute(this.#options.lookup, name, { operator, pattern, by });
    }
    if (operator.startsWith("#") || operator.startsWith("%")) {
      const pattern = this.#known(this.until("}", true), "the pattern");
      return substitute(this.#options.lookup, name, { operator: operator as "#", pattern });
    }
    const word = this.until("}", keepEscapes);
    return substitute(this.#options.lookup, name, { operator: operator as "-", word });
  }

  /** Undefined: there is none, and the braces are closed. */
  #operator(): Operator | undefined {
    const [found = ""] = /^(?:\}|:?[-+?]|##?|%%?|\/\/?)/.exec(this.#word.slice(this.#at)) ?? [];
    if (found === "") {
      const rest = this.#word.slice(this.#at, this.#at + 2);
      throw new ExpandError(
        "invalid",
        rest === "" ? "} is missing in it" : `${rest} is no modifier of a variable`,
      );
    }
    this.#at += found.length;
    return found === "}" ? undefined : (found as Operator);
  }

  #name(): string {
    const rest = this.#word.slice(this.#at);
    const special = rest !== "" && specialNames.includes(rest[0] ?? "");
    const name = special ? (rest[0] ?? "") : (/^(?:\d+|[\p{L}_][\p{L}\p{Nd}_]*)/u.exec(rest)?.[0] ?? "");
    this.#at += name.length;
    return name;
  }

  #known(value: Value, what: string): string {
    const known = staticText(value);
    if (known !== undefined) return known;
    throw new ExpandError("unsupported", `${what} of a substitution is known only when the declaration runs`);
  }
}
