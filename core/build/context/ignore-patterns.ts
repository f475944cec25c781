import { TsdockError } from "../../errors/tsdock-error.ts";
import { type ByteString, fromByteString, toByteString } from "../../oci/layer/entry.ts";
import { type CompiledPattern, compilePattern } from "./pattern-regexp.ts";
import { cleanPath, isWellFormed } from "./pattern-syntax.ts";

const byteOrderMark = "\u00ef\u00bb\u00bf";

/**
 * The patterns of a `.dockerignore` file (its bytes), as docker reads them: comments only at the very beginning of a line,
 * blank lines left out, white space around a pattern cut, paths cleaned, a leading `/` dropped, also after `!`.
 */
export function parseIgnoreFile(bytes: Uint8Array): ByteString[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const lines = (text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text).split("\n");
  return lines.flatMap((line) => {
    if (line.startsWith("#")) return [];
    const pattern = trimSpace(line);
    if (pattern === "") return [];
    const invert = pattern.startsWith("!");
    const path = invert ? trimSpace(pattern.slice(1)) : pattern;
    return [(invert ? "!" : "") + relativeToRoot(path)];
  });
}

/** White space of Unicode in latin1 bytes would be part of other characters: only that of ASCII is cut. */
const trimSpace = (text: ByteString): ByteString => text.replace(/^[\t\n\v\f\r ]+|[\t\n\v\f\r ]+$/g, "");

function relativeToRoot(path: ByteString): ByteString {
  if (path === "") return "";
  const clean = cleanPath(path);
  return clean.length > 1 && clean.startsWith("/") ? clean.slice(1) : clean;
}

interface Pattern {
  /** Cleaned, without `!`. */
  readonly bytes: ByteString;
  readonly negated: boolean;
  readonly compiled: CompiledPattern;
}

/** What each pattern said of a directory, for the names in it: see `IgnoreMatcher.match`. */
export type ParentMatches = readonly boolean[];

/**
 * Patterns with the semantics of moby/patternmatcher: the last one that matches a path or one of its parent directories
 * decides; `!` takes back. Paths are relative, `/` between parts.
 */
export class IgnoreMatcher {
  readonly #patterns: readonly Pattern[];
  readonly #hasExceptions: boolean;
  /** Names that are ignored wherever they are, where the patterns say nothing else. */
  readonly #names: ReadonlySet<ByteString> | undefined;

  /** Patterns as bytes. Error `IGNORE_PATTERN_INVALID`; `origin` names the file or the option that has them. */
  constructor(patterns: readonly ByteString[], origin: string) {
    this.#patterns = patterns.flatMap((pattern) => parsePattern(pattern, origin));
    this.#hasExceptions = this.#patterns.some((pattern) => pattern.negated);
    const names = this.#patterns.flatMap(anywhere);
    this.#names = names.length === this.#patterns.length ? new Set(names) : undefined;
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  /** Whether a name is certainly not ignored in a directory that is not: what most are, and what is answered at once. */
  passes(name: ByteString): boolean {
    return this.#names !== undefined && !this.#names.has(name);
  }

  /**
   * Whether a name is ignored, given what its directory's match said (`[]` for names in the root); gives the state
   * for names below it too. Equals moby's `MatchesUsingParentResults`.
   */
  match(
    path: ByteString,
    parent: ParentMatches,
  ): { readonly ignored: boolean; readonly matches: ParentMatches } {
    const text = fromByteString(path);
    let ignored = false;
    const matches = this.#patterns.map((pattern, index) => {
      const found =
        parent[index] === true || (pattern.negated === ignored && matchesPattern(pattern, path, text));
      if (found) ignored = !pattern.negated;
      return found;
    });
    return { ignored, matches };
  }

  /** Whether something below an ignored directory may be taken back by a pattern with `!`: else it needs no look inside. */
  mayHoldExceptions(directory: ByteString): boolean {
    return this.#patterns.some(({ bytes, negated }) => {
      const plain = bytes.replace(/\/\*{1,2}$/, "");
      return negated && (/[*?[\\]/.test(plain) || `${plain}/`.startsWith(`${directory}/`));
    });
  }

  /**
   * Whether a path is ignored, itself or with one of its parents: what `match` says when a tree is walked from its root,
   * as BuildKit walks it.
   */
  ignores(path: ByteString): boolean {
    let state: ParentMatches = [];
    let ignored = false;
    for (let end = path.indexOf("/"); ; end = path.indexOf("/", end + 1)) {
      const result = this.match(end === -1 ? path : path.slice(0, end), state);
      if (end === -1) return result.ignored;
      state = result.matches;
      ignored = result.ignored;
      if (ignored && !this.#hasExceptions) return true;
    }
  }
}

/** For patterns that were written in code. Error `IGNORE_PATTERN_INVALID`. */
export const matcherOf = (patterns: readonly string[], origin: string): IgnoreMatcher =>
  new IgnoreMatcher(patterns.map(toByteString), origin);

function parsePattern(written: ByteString, origin: string): readonly Pattern[] {
  const trimmed = trimSpace(written);
  if (trimmed === "") return [];
  const clean = cleanPath(trimmed);
  const negated = clean.startsWith("!");
  const bytes = negated ? clean.slice(1) : clean;
  if (bytes === "") throw invalid(trimmed, origin, "there is nothing behind the exclamation mark");
  const text = fromByteString(bytes);
  if (!isWellFormed(text))
    throw invalid(trimmed, origin, "a bracket is not closed or empty, or a backslash stands at its end");
  try {
    return [{ bytes, negated, compiled: compilePattern(text) }];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(trimmed, origin, "a range runs backwards, or a backslash stands before a letter");
  }
}

const invalid = (pattern: ByteString, origin: string, why: string): TsdockError =>
  new TsdockError(
    "IGNORE_PATTERN_INVALID",
    `${origin}: the pattern ${JSON.stringify(fromByteString(pattern))} is not valid: ${why}`,
    {
      hint: "the patterns are those of docker: *, **, ?, [a-z], and \\ before a character that should stand for itself",
    },
  );

/** The name that a pattern ignores in every directory, where it is of that kind: of `**\/name`. */
const anywhere = ({ bytes, negated, compiled }: Pattern): readonly ByteString[] =>
  !negated && compiled.type === "suffix" && /^\*\*\/[^/]+$/.test(bytes) ? [bytes.slice(3)] : [];

function matchesPattern({ bytes, compiled }: Pattern, path: ByteString, text: string): boolean {
  switch (compiled.type) {
    case "exact":
      return path === bytes;
    case "prefix":
      return path.startsWith(bytes.slice(0, -2));
    case "suffix": {
      const suffix = bytes.slice(2);
      return path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1));
    }
    case "regexp":
      return compiled.regexp.test(text);
  }
}
