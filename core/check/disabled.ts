/** What comments in a file turn off: `// tsdock-disable-next-line root-user -- why`, and the like. */
export interface DisabledRules {
  has(rule: string, line: number): boolean;
}

const comment =
  /(?:\/\/|\/\*|^\s*\*)\s*tsdock-(disable-next-line|disable-line|disable|enable)(?![\w-])([^\n]*)/;

interface Directive {
  readonly kind: "disable" | "enable";
  readonly from: number;
  /** Included; the end of the file where it says nothing. */
  readonly to: number;
  /** None means all. */
  readonly rules: readonly string[];
}

/** Reads the comments of a module. Lines count from 1. */
export function disabledRules(text: string): DisabledRules {
  const directives = text.split(/\r\n|\r|\n/).flatMap((line, index): readonly Directive[] => {
    const [, kind, rest = ""] = comment.exec(line) ?? [];
    if (kind === undefined) return [];
    const rules = (rest.replace(/\*\/.*$/, "").split("--")[0] ?? "")
      .split(/[\s,]+/)
      .filter((name) => name !== "");
    const number = index + 1;
    if (kind === "disable-line") return [{ kind: "disable", from: number, to: number, rules }];
    if (kind === "disable-next-line") return [{ kind: "disable", from: number + 1, to: number + 1, rules }];
    return [
      { kind: kind === "enable" ? "enable" : "disable", from: number, to: Number.POSITIVE_INFINITY, rules },
    ];
  });
  return {
    has: (rule, line) =>
      directives
        .filter(
          ({ from, to, rules }) => line >= from && line <= to && (rules.length === 0 || rules.includes(rule)),
        )
        .at(-1)?.kind === "disable",
  };
}
