import type { Escape, Flag } from "./dockerfile.ts";

/** Cuts `--name=value` words from the beginning of what follows a keyword. Their quotes and escapes are taken away. */
export function splitFlags(
  text: string,
  escape: Escape,
): { readonly flags: readonly Flag[]; readonly rest: string } {
  const flags: Flag[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? "")) at += 1;
    if (!text.startsWith("--", at)) return { flags, rest: text.slice(at) };
    const { word, end } = flagWord(text, at, escape);
    at = end;
    if (word === "--") return { flags, rest: text.slice(at) };
    flags.push(flagOf(word));
  }
}

function flagOf(word: string): Flag {
  const equals = word.indexOf("=");
  if (equals < 0) return { name: word.slice(2), value: undefined };
  return { name: word.slice(2, equals), value: word.slice(equals + 1) };
}

function flagWord(text: string, start: number, escape: Escape): { word: string; end: number } {
  let word = "";
  let quote = "";
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (quote === "" && /\s/.test(char)) break;
    if (char === escape) word += text[(at += 1)] ?? "";
    else if (char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) quote = char;
    else word += char;
  }
  return { word, end: at };
}
