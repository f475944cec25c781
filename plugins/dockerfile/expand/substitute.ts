import { printValue } from "../print/literals.ts";
import { ExpandError } from "./expand-error.ts";
import { type Replacement, replacing, trimming } from "./pattern.ts";
import { code, join, needsOf, neverEmpty, nothing, staticText, text, type Value } from "./value.ts";

export interface Variable {
  readonly value: Value;
  readonly emptyIsUnset: boolean;
}

/** What a name stands for; undefined where it is not set. Throws `ExpandError` where that is not known. */
export type Lookup = (name: string) => Variable | undefined;

export type Operator = "-" | ":-" | "+" | ":+" | "?" | ":?" | "#" | "##" | "%" | "%%" | "/" | "//";

export type Modifier =
  | { readonly operator: "-" | ":-" | "+" | ":+" | "?" | ":?"; readonly word: Value }
  | { readonly operator: "#" | "##" | "%" | "%%"; readonly pattern: string }
  | { readonly operator: "/" | "//"; readonly pattern: string; readonly by: string };

/** `$name`, or `${name…}` with a modifier. */
export function substitute(lookup: Lookup, name: string, modifier: Modifier | undefined): Value {
  const variable = lookup(name);
  if (modifier === undefined) return plain(variable);
  switch (modifier.operator) {
    case "-":
    case ":-":
      return choose(variable, modifier.operator === ":-", {
        whenSet: plain(variable),
        whenUnset: modifier.word,
        short: "||",
      });
    case "+":
    case ":+":
      return choose(variable, modifier.operator === ":+", { whenSet: modifier.word, whenUnset: nothing });
    case "?":
    case ":?":
      return required(variable, name, modifier.operator === ":?", modifier.word);
    case "/":
    case "//":
      return replace(
        variable,
        replacing(modifier.pattern, modifier.by, modifier.operator === "//"),
        modifier.pattern,
      );
    default:
      return replace(variable, trimming(modifier.operator, modifier.pattern), modifier.pattern);
  }
}

const isBase = (value: Value): boolean =>
  value.length === 1 && needsOf(value).has("env") && /^env(?:\.\w+|\["[^"]+"\])$/.test(codeOf(value));
const codeOf = (value: Value): string => {
  const [part] = value;
  return typeof part === "object" ? part.code : "";
};

/** What a variable that the base may not set gives where it is used as it is. */
const plain = (variable: Variable | undefined): Value => {
  if (variable === undefined) return nothing;
  const { value } = variable;
  if (!isBase(value)) return value;
  const expression = codeOf(value);
  // BuildKit gives every image a PATH.
  return code(`(${expression} ?? ${expression === "env.PATH" ? "defaultPath" : '""'})`, "env");
};

interface Choice {
  readonly whenSet: Value;
  readonly whenUnset: Value;
  /** `a || b` says the same as `a ? a : b`. */
  readonly short?: "||";
}

function choose(variable: Variable | undefined, emptyCounts: boolean, choice: Choice): Value {
  if (variable === undefined) return choice.whenUnset;
  const { value, emptyIsUnset } = variable;
  const known = staticText(value);
  if (known !== undefined && !isBase(value)) {
    const unset = known === "" && (emptyCounts || emptyIsUnset);
    return unset ? choice.whenUnset : choice.whenSet;
  }
  if (neverEmpty(value)) return choice.whenSet;
  const base = isBase(value);
  if (!base && !emptyCounts && !emptyIsUnset) return choice.whenSet;
  const needs = [...needsOf(join(value, choice.whenSet, choice.whenUnset))];
  const test = printValue(value);
  const other = printValue(choice.whenUnset);
  if (choice.short !== undefined)
    return code(`(${test} ${base && !emptyCounts ? "??" : "||"} ${other})`, ...needs);
  const condition = base && !emptyCounts ? `${test} !== undefined` : `${test} !== ""`;
  const isSet = base && emptyCounts ? `(${test} ?? "") !== ""` : condition;
  return code(`(${isSet} ? ${printValue(choice.whenSet)} : ${other})`, ...needs);
}

function required(variable: Variable | undefined, name: string, emptyCounts: boolean, word: Value): Value {
  const message = staticText(word) === "" ? text(`it must not be ${emptyCounts ? "empty" : "unset"}`) : word;
  const said = printValue(join(text(`${name}: `), message));
  if (variable === undefined) throw new ExpandError("invalid", `the build fails here: ${name} is not set`);
  const { value, emptyIsUnset } = variable;
  const known = staticText(value);
  if (known === "" && (emptyCounts || emptyIsUnset))
    throw new ExpandError("invalid", `the build fails here: ${name} is empty`);
  if (known !== undefined || neverEmpty(value) || !(emptyCounts || emptyIsUnset || isBase(value)))
    return plain(variable);
  return code(`required(${printValue(plain(variable))}, ${said})`, ...needsOf(join(value, word)));
}

function replace(
  variable: Variable | undefined,
  replacement: Replacement | undefined,
  pattern: string,
): Value {
  if (replacement === undefined)
    throw new ExpandError("invalid", `${JSON.stringify(pattern)} is no pattern that a substitution takes`);
  const value = plain(variable);
  const known = staticText(value);
  const { expression, by } = replacement;
  if (known !== undefined) return text(known.replace(expression, by));
  return code(
    `${printValue(value)}.replace(${String(expression)}, ${JSON.stringify(by)})`,
    ...needsOf(value),
  );
}
