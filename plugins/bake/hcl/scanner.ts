import { invalid, type Source, type Spot } from "./source.ts";

const deepest = 100;

/** Goes through a text by characters. Line breaks end expressions but within brackets. */
export class Scanner {
  readonly text: string;
  offset = 0;
  /** Comments since they were taken last. */
  comments: string[] = [];
  readonly #spotOf: (offset: number) => Spot;
  #newlines = [true];
  #depth = 0;

  /** `spotOf` says where a position is, for text that is only a part of a file. */
  constructor(source: Source, text = source.text, spotOf = (offset: number): Spot => source.at(offset)) {
    this.text = text;
    this.#spotOf = spotOf;
  }

  get spot(): Spot {
    return this.#spotOf(this.offset);
  }

  spotAt(offset: number): Spot {
    return this.#spotOf(offset);
  }

  get isAtEnd(): boolean {
    return this.offset >= this.text.length;
  }

  /** Whether a line break ends what is read now. */
  get newlinesEnd(): boolean {
    return this.#newlines.at(-1) === true;
  }

  sees(text: string): boolean {
    return this.text.startsWith(text, this.offset);
  }

  /** Passes a text that is next. */
  takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.offset += text.length;
    return true;
  }

  /** What a sticky expression finds here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    const [found] = pattern.exec(this.text) ?? [];
    if (found !== undefined) this.offset += found.length;
    return found;
  }

  /** Passes blanks and comments, and line breaks where they say nothing. */
  skip(): void {
    for (;;) {
      this.match(this.newlinesEnd ? /[ \t\r]+/y : /\s+/y);
      const comment = this.match(/(?:#|\/\/)[^\n]*/y) ?? this.match(/\/\*[\s\S]*?\*\//y);
      if (comment === undefined) return;
      this.comments.push(comment);
    }
  }

  /** Passes empty lines and comments too. */
  skipLines(): void {
    do this.skip();
    while (this.takes("\n"));
  }

  /** Passes a text that is next but for what says nothing. */
  accepts(text: string): boolean {
    this.skip();
    return this.takes(text);
  }

  expect(text: string, where: string): void {
    if (this.accepts(text)) return;
    throw this.unexpected(`${JSON.stringify(text)} ${where}`);
  }

  unexpected(wanted: string): Error {
    const next = /\S{1,12}/y;
    next.lastIndex = this.offset;
    const found = next.exec(this.text)?.[0];
    const shown =
      found === undefined ? (this.isAtEnd ? "the end" : "the end of the line") : JSON.stringify(found);
    return invalid(`there is ${shown} where ${wanted} should be`, this.spot);
  }

  /** Does `work` one level deeper; a file that nests too deep would use up the stack. */
  within<Result>(newlines: boolean, work: () => Result): Result {
    if (this.#depth >= deepest) throw invalid(`it nests deeper than ${deepest} levels`, this.spot);
    this.#depth += 1;
    this.#newlines.push(newlines);
    try {
      return work();
    } finally {
      this.#newlines.pop();
      this.#depth -= 1;
    }
  }
}

/** Names may have `-` in them, and letters of any script. */
export const namePattern = (): RegExp => /[\p{L}_][\p{L}\p{Nd}\p{M}_-]*/uy;
