/** A pattern of a shell (`*`, `?`, `\` before what stands for itself) as the source of a regular expression; undefined where it is invalid. */
export function patternSource(pattern: string, greedy: boolean): string | undefined {
  let source = "";
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] ?? "";
    if (char === "*") source += greedy ? ".*" : ".*?";
    else if (char === "?") source += ".";
    else if (char === "\\") {
      const next = pattern[(at += 1)] ?? "";
      if (!["*", "?", "\\", "}", "/"].includes(next)) return undefined;
      source += next === "}" || next === "/" ? escaped(next) : `\\${next}`;
    } else source += escaped(char);
  }
  return source;
}

const escaped = (char: string): string => (/[[\]{}.+()|^$]/.test(char) ? `\\${char}` : char);

/** What `${name#…}` and its kind do: replaces the first match of an expression. */
export interface Replacement {
  readonly expression: RegExp;
  readonly by: string;
}

/** `#`, `##`, `%` and `%%`: the shortest or longest beginning or end goes. */
export function trimming(operator: "#" | "##" | "%" | "%%", pattern: string): Replacement | undefined {
  const greedy = operator.length === 2;
  const source = patternSource(pattern, greedy || operator === "%");
  if (source === undefined) return undefined;
  if (operator.startsWith("#")) return { expression: new RegExp(`^${source}`), by: "" };
  // The leftmost match that reaches the end is the longest; a greedy beginning leaves the shortest.
  if (operator === "%" && source.includes("*"))
    return { expression: new RegExp(`^(.*)${source}$`), by: "$1" };
  return { expression: new RegExp(`${source}$`), by: "" };
}

/** `/` and `//`: the first match, or all of them. */
export function replacing(pattern: string, by: string, all: boolean): Replacement | undefined {
  const source = patternSource(pattern, true);
  if (source === undefined || source === "") return undefined;
  return { expression: new RegExp(source, all ? "g" : ""), by: by.replaceAll("$", "$$$$") };
}
