import { TsdockError } from "../../errors/tsdock-error.ts";
import { type ByteString, fromByteString, toByteString } from "../../oci/layer/entry.ts";
import { compilePattern } from "../context/pattern-regexp.ts";
import { isWellFormed } from "../context/pattern-syntax.ts";

/** One part of a pattern: a name, or what names must match, or `**` for any number of directories. */
export type PatternPart =
  | { readonly type: "name"; readonly name: ByteString }
  | { readonly type: "match"; readonly matches: (name: ByteString) => boolean }
  | { readonly type: "any-depth" };

export interface SourcePattern {
  readonly written: string;
  readonly parts: readonly PatternPart[];
  /** How many parts stand before `/./`: with `parents`, what comes after them is kept. 0 where there is no such mark. */
  readonly pivot: number;
}

/**
 * Reads a source of a copy as docker does: a path from the root of the context or image, its parts matched like Go's
 * `filepath.Match`, and `**` for any number of directories.
 * Errors `PATH_OUTSIDE_CONTEXT` for a path that leaves the root, `COPY_PATTERN_INVALID`.
 */
export function parseSourcePattern(written: string): SourcePattern {
  if (!isWellFormed(written))
    throw invalid(written, "a bracket is not closed or empty, or a backslash stands at its end");
  const parts: PatternPart[] = [];
  let pivot = 0;
  for (const [index, text] of splitParts(written).entries()) {
    if (text === "." && index > 0) pivot = parts.length;
    if (text === "" || text === ".") continue;
    if (text !== "..") parts.push(parsePart(text, written));
    else if (parts.pop() === undefined) throw outside(written);
  }
  return { written, parts, pivot: Math.min(pivot, parts.length) };
}

/** A slash within brackets does not separate, but nothing could match it either: patterns are split at each. */
const splitParts = (written: string): readonly string[] => written.split("/");

function parsePart(text: string, written: string): PatternPart {
  if (text === "**") return { type: "any-depth" };
  if (!/[*?[]/.test(text.replace(/\\./gs, "")))
    return { type: "name", name: toByteString(text.replace(/\\(.)/gs, "$1")) };
  if (!isWellFormed(text)) throw invalid(written, "a bracket holds a slash");
  const regexp = partRegExp(text, written);
  return { type: "match", matches: (name) => regexp.test(fromByteString(name)) };
}

function partRegExp(text: string, written: string): RegExp {
  try {
    // Stars that stand together within a name are one: `**` means directories only where it stands alone.
    const compiled = compilePattern(text.replace(/\*{2,}/g, "*"));
    if (compiled.type === "regexp") return compiled.regexp;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid(written, "a range runs backwards, or a backslash stands before a letter");
}

const invalid = (written: string, why: string): TsdockError =>
  new TsdockError(
    "COPY_PATTERN_INVALID",
    `the source ${JSON.stringify(written)} is not a valid pattern: ${why}`,
    {
      hint: "patterns are *, **, ?, [a-z]; a backslash before one of them makes it stand for itself",
    },
  );

const outside = (written: string): TsdockError =>
  new TsdockError(
    "PATH_OUTSIDE_CONTEXT",
    `the source ${JSON.stringify(written)} leads out of the directory that is copied from`,
    {
      hint: 'give the image a context that contains the file: image({ context: ".." })',
    },
  );
