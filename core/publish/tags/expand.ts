import type { ReleaseFacts } from "../facts/release-facts.ts";
import { formatDate } from "./format-date.ts";

/** Values of names besides those that all rules know. */
export type Scope = Readonly<Record<string, string>>;

/** Text of a rule that cannot be understood; becomes an error with the place of the rule. */
export class RuleMistake extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

const statement = /\{\{\{?\s*(.*?)\s*\}?\}\}/gs;
const argument = /\s+(?:([A-Za-z_]\w*)=)?(?:'([^']*)'|"([^"]*)")/gy;

const names = "branch, tag, sha, base_ref, is_default_branch, is_not_default_branch, date and commit_date";

/** Fills in the expressions of a text. Throws `RuleMistake`. */
export function expand(text: string, facts: ReleaseFacts, scope: Scope = {}): string {
  if (text.includes("${{"))
    throw new RuleMistake(
      `${JSON.stringify(text)} has an expression of GitHub Actions, which only GitHub can work out`,
      "use {{is_default_branch}} and its like, or decide in TypeScript",
    );
  return text.replace(statement, (_, inside: string) => evaluate(inside, facts, scope));
}

/** Names of the expressions that a text has. */
export const expressionsOf = (text: string): readonly string[] =>
  [...text.matchAll(statement)].map(([, inside = ""]) => inside.split(/\s/)[0] ?? "");

function evaluate(inside: string, facts: ReleaseFacts, scope: Scope): string {
  const name = /^[A-Za-z_]\w*/.exec(inside)?.[0] ?? "";
  const { positional, named } = argumentsOf(inside.slice(name.length), inside);
  if (name === "date") return dateOf(facts.now.value, positional, named, inside);
  if (name === "commit_date") {
    if (facts.commitTime === undefined) throw new RuleMistake("the time of the commit is not known");
    return dateOf(facts.commitTime.value, positional, named, inside);
  }
  const value = Object.hasOwn(scope, name) ? scope[name] : globals(facts)[name];
  if (value === undefined) {
    const here = Object.keys(scope);
    const known = here.length === 0 ? names : `${here.join(", ")}, ${names}`;
    throw new RuleMistake(`there is no expression {{${inside}}}`, `there are ${known}`);
  }
  if (positional.length + Object.keys(named).length > 0)
    throw new RuleMistake(`{{${name}}} takes no arguments`);
  return value;
}

function globals(facts: ReleaseFacts): Readonly<Record<string, string>> {
  const ref = facts.ref?.value ?? "";
  const after = (prefix: string): string => (ref.startsWith(prefix) ? ref.slice(prefix.length) : "");
  const branch = after("refs/heads/");
  const isDefault = branch !== "" && branch === facts.defaultBranch?.value;
  return {
    branch,
    tag: after("refs/tags/"),
    sha: facts.revision?.value.slice(0, 7) ?? "",
    base_ref: ref.startsWith("refs/heads/") ? "" : (facts.baseRef?.value ?? ""),
    is_default_branch: String(isDefault),
    is_not_default_branch: String(!isDefault),
  };
}

function argumentsOf(text: string, inside: string): { positional: readonly string[]; named: Scope } {
  const positional: string[] = [];
  const named: Record<string, string> = {};
  let end = 0;
  for (const found of text.matchAll(argument)) {
    const [all, key, single, double] = found;
    const value = single ?? double ?? "";
    if (key === undefined) positional.push(value);
    else named[key] = value;
    end = found.index + all.length;
  }
  if (text.slice(end).trim() !== "")
    throw new RuleMistake(`{{${inside}}} is not understood`, "write {{name}} or {{name 'text' key='text'}}");
  return { positional, named };
}

function dateOf(
  time: number,
  positional: readonly string[],
  { tz = "UTC", ...others }: Scope,
  inside: string,
): string {
  const [format = "YYYYMMDD", ...more] = positional;
  if (more.length > 0 || Object.keys(others).length > 0)
    throw new RuleMistake(`{{${inside}}} is not understood`, "write {{date 'YYYYMMDD' tz='Europe/Paris'}}");
  const text = formatDate(time, format, tz);
  if (text === undefined)
    throw new RuleMistake(`there is no time zone ${JSON.stringify(tz)}`, "write tz='Europe/Paris'");
  return text;
}
