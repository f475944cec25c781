import { invalid, type Spot } from "../hcl/source.ts";

/** What `${…}` is replaced by. */
export interface Variables {
  get(name: string): string | undefined;
  /** Told of each that is not set and has no default. */
  missing(name: string): void;
}

const reference = /\$(?:\$|([A-Za-z_]\w*)|\{)/g;
const deepest = 20;

/** Text with `$NAME`, `${NAME}`, `${NAME:-word}`, `-`, `:?`, `?`, `:+` and `+` replaced; `$$` is a dollar. Error `IMPORT_INVALID`. */
export function interpolate(text: string, variables: Variables, spot: Spot, depth = 0): string {
  if (depth > deepest) throw invalid(`variables nest deeper than ${deepest} levels`, spot);
  let result = "";
  let at = 0;
  reference.lastIndex = 0;
  for (;;) {
    reference.lastIndex = at;
    const found = reference.exec(text);
    if (found === null) return result + text.slice(at);
    result += text.slice(at, found.index);
    at = found.index + found[0].length;
    if (found[0] === "$$") result += "$";
    else if (found[1] !== undefined) result += valueOf(found[1], variables);
    else {
      const end = closing(text, at);
      if (end === undefined)
        throw invalid(`${JSON.stringify(text.slice(found.index))} is never closed`, spot);
      result += braced(text.slice(at, end), variables, spot, depth);
      at = end + 1;
    }
  }
}

function valueOf(name: string, variables: Variables): string {
  const value = variables.get(name);
  if (value === undefined) variables.missing(name);
  return value ?? "";
}

/** Where the brace ends that was opened before `start`. */
function closing(text: string, start: number): number | undefined {
  let depth = 1;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === "$" && text[at + 1] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

function braced(inner: string, variables: Variables, spot: Spot, depth: number): string {
  const [, name, operator, word = ""] = /^([A-Za-z_]\w*)(?:(:?[-?+])([\s\S]*))?$/.exec(inner) ?? [];
  if (name === undefined)
    throw invalid(`\${${inner}} is no variable`, spot, "write ${NAME} or ${NAME:-default}; $$ is a dollar");
  if (operator === undefined) return valueOf(name, variables);
  const value = variables.get(name);
  const isSet = value !== undefined && (!operator.startsWith(":") || value !== "");
  const expanded = (): string => interpolate(word, variables, spot, depth + 1);
  switch (operator.at(-1)) {
    case "-":
      return isSet ? value : expanded();
    case "+":
      return isSet ? expanded() : "";
    default:
      if (isSet) return value;
      throw invalid(
        `${name} must be set${word === "" ? "" : `: ${expanded()}`}`,
        spot,
        `give it: --var ${name}=VALUE`,
      );
  }
}

/** Lines of a `.env` file: `NAME=value`, `export` before it, quotes around it, comments. */
export function readEnvFile(
  text: string,
  variables: Variables,
  spot: (offset: number) => Spot,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const line =
    /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*(?:'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|([^\n]*?))[ \t]*(?:[ \t]#[^\n]*)?\r?$/gm;
  for (const match of text.matchAll(line)) {
    const [, name = "", single, double, plain = ""] = match;
    const own: Variables = { ...variables, get: (key) => found.get(key) ?? variables.get(key) };
    const expand = (value: string): string => interpolate(value, own, spot(match.index));
    found.set(
      name,
      single ??
        (double === undefined ? expand(plain.startsWith("#") ? "" : plain) : expand(unescaped(double))),
    );
  }
  return found;
}

const unescaped = (text: string): string =>
  text.replace(/\\([nrt"\\$])/g, (_, character: string) => {
    if (character === "$") return "$$";
    return { n: "\n", r: "\r", t: "\t" }[character] ?? character;
  });
