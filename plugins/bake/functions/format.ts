import { asNumber, asText, keyOf, numberText } from "../evaluate/values.ts";
import type { HclValue } from "../hcl/syntax.ts";
import type { Arguments } from "./arguments.ts";

const verb = /%([-+# 0]*)(\d+|\*)?(?:\.(\d+|\*))?(?:\[(\d+)\])?(.)?/gsu;
const widest = 10_000;

/** Verbs of `format`: those of Go that the language has. */
export function formatText(args: Arguments, format: string, values: readonly HclValue[]): string {
  let next = 0;
  let highest = 0;
  const take = (): HclValue => {
    if (next >= values.length) throw args.wrong(`format has no value for its verb ${next + 1}`);
    highest = Math.max(highest, next + 1);
    return values[next++] ?? null;
  };
  const size = (written: string | undefined): number | undefined => {
    const number = written === "*" ? asNumber(take()) : written === undefined ? undefined : Number(written);
    if (number !== undefined && !(number <= widest)) throw args.wrong(`a width is at most ${widest}`);
    return number;
  };
  const text = format.replace(
    verb,
    (_, flags: string, w?: string, p?: string, at?: string, kind?: string) => {
      if (kind === "%") return "%";
      const width = size(w);
      const precision = size(p);
      if (at !== undefined) next = Number(at) - 1;
      const shown = one(args, { flags, precision, kind: kind ?? "" }, take());
      return pad(shown, flags, width ?? 0, "bdoxXeEfFgGv".includes(kind ?? ""));
    },
  );
  if (highest < values.length) throw args.wrong(`format has ${values.length - highest} values too many`);
  args.budget.spend(text.length, args.spot);
  return text;
}

interface Verb {
  readonly flags: string;
  readonly precision: number | undefined;
  readonly kind: string;
}

function one(args: Arguments, verb: Verb, value: HclValue): string {
  const { kind, precision, flags } = verb;
  if (kind === "v")
    return value === null || asText(value) === undefined || flags.includes("#")
      ? keyOf(value)
      : (asText(value) ?? "");
  if (kind === "t" && typeof value === "boolean") return String(value);
  const text = asText(value);
  if ((kind === "s" || kind === "q") && text !== undefined) {
    const shown = precision === undefined ? text : [...text].slice(0, precision).join("");
    return kind === "q" ? JSON.stringify(shown) : shown;
  }
  const number = asNumber(value);
  if (number === undefined || !"bdoxXeEfFgG".includes(kind) || kind === "")
    throw args.wrong(`format cannot write ${keyOf(value)} as %${kind}`);
  const sign = number >= 0 && flags.includes("+") ? "+" : number >= 0 && flags.includes(" ") ? " " : "";
  return sign + numberAs(kind, number, precision);
}

function numberAs(kind: string, number: number, precision: number | undefined): string {
  const whole = Math.trunc(number);
  const places = Math.min(precision ?? 6, 100);
  switch (kind) {
    case "b":
      return whole.toString(2);
    case "o":
      return whole.toString(8);
    case "x":
      return whole.toString(16);
    case "X":
      return whole.toString(16).toUpperCase();
    case "d":
      return numberText(whole);
    case "e":
    case "E": {
      const text = number.toExponential(places).replace(/e([+-])(\d)$/, "e$10$2");
      return kind === "E" ? text.toUpperCase() : text;
    }
    case "f":
    case "F":
      return number.toFixed(places);
    default:
      return precision === undefined
        ? String(number)
        : String(Number(number.toPrecision(Math.max(1, places))));
  }
}

function pad(text: string, flags: string, width: number, numeric: boolean): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!numeric || !flags.includes("0")) return text.padStart(width);
  const sign = /^[+ -]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
