import { GoMap, type GoValue, isList, printValue } from "./go-value.ts";

const verb = /%([-+# 0]*)(\d+)?(?:\.(\d*))?([a-zA-Z%])?/g;
/** Neither a width nor a precision is larger. */
const widest = 10_000;

/** `fmt.Sprintf` for texts, numbers, truth values, lists and maps; what does not fit is told as Go tells it. */
export function printf(format: string, args: readonly GoValue[]): string {
  let next = 0;
  const text = format.replaceAll(
    verb,
    (
      all,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      letter: string | undefined,
    ) => {
      if (letter === "%") return "%";
      if (letter === undefined) return "%!(NOVERB)";
      if (next >= args.length) return `%!${letter}(MISSING)`;
      const limits = [width, precision].map((digits) => Number(digits ?? 0));
      if (limits.some((limit) => limit > widest)) return `%!(BADWIDTH)${all}`;
      const value = args[next++] ?? null;
      const number = precision === undefined ? undefined : Number(precision);
      const plain = convert(value, letter, flags, number);
      if (plain === undefined) return `%!${letter}(${typeName(value)}=${printValue(value)})`;
      return pad(plain, flags, Number(width ?? 0), typeof value === "number");
    },
  );
  if (next === args.length) return text;
  const extra = args.slice(next).map((value) => `${typeName(value)}=${printValue(value ?? null)}`);
  return `${text}%!(EXTRA ${extra.join(", ")})`;
}

const typeName = (value: GoValue): string => {
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  if (typeof value === "boolean") return "bool";
  if (value instanceof GoMap) return "map";
  if (isList(value)) return "[]";
  return value === null || value === undefined ? "<nil>" : typeof value;
};

function convert(
  value: GoValue,
  letter: string,
  flags: string,
  precision: number | undefined,
): string | undefined {
  if (letter === "v")
    return typeof value === "string" ? cut(value, precision) : signed(value, printValue(value), flags);
  if (letter === "t") return typeof value === "boolean" ? String(value) : undefined;
  if (letter === "T") return typeName(value);
  if ("sqxX".includes(letter) && typeof value === "string") return ofText(value, letter, precision);
  if ((letter === "s" || letter === "q") && isList(value))
    return `[${value.map((item) => convert(item, letter, flags, precision) ?? printValue(item)).join(" ")}]`;
  if (letter === "s" && typeof value === "object" && value !== null) return printValue(value);
  return typeof value === "number" ? ofNumber(value, letter, flags, precision) : undefined;
}

const cut = (value: string, precision: number | undefined): string =>
  precision === undefined ? value : [...value].slice(0, precision).join("");

function ofText(value: string, letter: string, precision: number | undefined): string {
  const part = cut(value, precision);
  if (letter === "s") return part;
  if (letter === "q") return JSON.stringify(part);
  const hex = Buffer.from(part).toString("hex");
  return letter === "x" ? hex : hex.toUpperCase();
}

const bases: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, b: 2 };

function ofNumber(
  value: number,
  letter: string,
  flags: string,
  precision: number | undefined,
): string | undefined {
  const base = bases[letter];
  if (base !== undefined) {
    if (!Number.isInteger(value)) return undefined;
    const digits = Math.abs(value)
      .toString(base)
      .padStart(precision ?? 0, "0");
    const prefix = flags.includes("#") && base === 16 ? "0x" : "";
    const text = `${value < 0 ? "-" : ""}${prefix}${digits}`;
    return signed(value, letter === "X" ? text.toUpperCase() : text, flags);
  }
  if (letter === "c" || letter === "q") {
    if (!Number.isInteger(value) || value < 0 || value > 0x10ffff) return undefined;
    const character = String.fromCodePoint(value);
    return letter === "c" ? character : `'${character}'`;
  }
  if (letter === "f" || letter === "F")
    return signed(value, value.toFixed(Math.min(precision ?? 6, 100)), flags);
  if (letter === "e")
    return signed(value, twoDigits(value.toExponential(Math.min(precision ?? 6, 100))), flags);
  if (letter === "g") {
    const rounded =
      precision === undefined ? value : Number(value.toPrecision(Math.min(Math.max(precision, 1), 100)));
    return signed(value, printValue(rounded), flags);
  }
  return undefined;
}

const twoDigits = (text: string): string => text.replace(/e([+-])(\d)$/, "e$10$2");

function signed(value: GoValue, text: string, flags: string): string {
  if (typeof value !== "number" || value < 0) return text;
  return flags.includes("+") ? `+${text}` : flags.includes(" ") ? ` ${text}` : text;
}

function pad(text: string, flags: string, width: number, numeric: boolean): string {
  const lacking = width - [...text].length;
  if (lacking <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(lacking);
  if (!flags.includes("0") || !numeric) return " ".repeat(lacking) + text;
  const [sign = ""] = /^[+-]/.exec(text) ?? [];
  return sign + "0".repeat(lacking) + text.slice(sign.length);
}
