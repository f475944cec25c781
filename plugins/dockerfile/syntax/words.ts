import type { Escape } from "./dockerfile.ts";

/** Words between white space; quotes and escapes stay in them and keep white space together. */
export function quotedWords(text: string, escape: Escape): readonly string[] {
  const words: string[] = [];
  let word = "";
  let quote = "";
  let begun = false;
  const end = (): void => {
    if (begun) words.push(word);
    word = "";
    begun = false;
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (quote === "" && /\s/.test(char)) {
      end();
      continue;
    }
    begun = true;
    if (char === escape && quote !== "'") {
      // An escape at the very end escapes nothing.
      if (at + 1 < text.length) word += char + (text[(at += 1)] ?? "");
      continue;
    }
    if (quote === "" && (char === "'" || char === '"')) quote = char;
    else if (char === quote) quote = "";
    word += char;
  }
  end();
  return words;
}

/** A JSON list of text; undefined for what is no JSON list, and null for a list that holds something else. */
export function jsonList(text: string): readonly string[] | null | undefined {
  if (!text.trimStart().startsWith("[")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // `[ -f x ] && …` is a command for the shell.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!Array.isArray(value)) return undefined;
  return value.every((word) => typeof word === "string") ? value : null;
}

export const plainWords = (text: string): readonly string[] =>
  text === "" ? [] : text.split(/[\t\v\f\r ]+/).filter((word) => word !== "");
