import type { Code, Value } from "../expand/value.ts";

/** A value as an expression. */
export function printValue(value: Value): string {
  const [first, ...others] = value;
  if (first === undefined) return '""';
  if (others.length > 0) return `\`${value.map(inTemplate).join("")}\``;
  if (typeof first === "string") return printText(first);
  return first.as === undefined ? first.code : `${first.code} as ${first.as}`;
}

const inTemplate = (part: string | Code): string =>
  typeof part === "string" ? templateText(part) : `\${${withoutParentheses(part.code)}}`;

/** Where nothing else is around it. */
export const withoutParentheses = (code: string): string => {
  if (!code.startsWith("(") || !code.endsWith(")")) return code;
  let depth = 0;
  for (let at = 0; at < code.length - 1; at += 1) {
    if (code[at] === "(") depth += 1;
    if (code[at] === ")") depth -= 1;
    if (depth === 0) return code;
  }
  return code.slice(1, -1);
};

/** Text as it stands in a template literal. What an editor would change is escaped. */
export const templateText = (text: string): string =>
  text
    .replace(/[\\`]|\$\{/g, "\\$&")
    .replace(/[\0-\x08\x0b-\x1f\x7f\u2028\u2029]/g, escapeCharacter)
    .replace(/[ \t]+(?=\n)/g, (blank) => [...blank].map(escapeCharacter).join(""));

const escapeCharacter = (char: string): string =>
  char.charCodeAt(0) < 256
    ? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`
    : `\\u${char.charCodeAt(0).toString(16)}`;

/** Text as an expression: of several lines as it reads, else in double quotes. */
export function printText(text: string): string {
  const lines = text.split("\n").length - 1;
  return lines > 1 || (lines === 1 && !text.endsWith("\n")) ? `\`${templateText(text)}\`` : quoted(text);
}

export const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[\u2028\u2029\x7f]/g, escapeCharacter);

/** A key of an object literal. */
export const printKey = (name: Value): string => {
  const [only] = name;
  if (name.length === 0 || (typeof only === "string" && name.length === 1)) {
    const key = typeof only === "string" ? only : "";
    return /^[A-Za-z_$][\w$]*$/.test(key) && key !== "__proto__"
      ? key
      : key === "__proto__"
        ? '["__proto__"]'
        : quoted(key);
  }
  return `[${printValue(name)}]`;
};
