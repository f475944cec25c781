/**
 * A value as Go's text/template sees it. `undefined` is "no value" (a key that a map lacks), `null` is nil. A plain object is a
 * struct: asking for a field that it lacks is an error. A field may be a function: a method, called with what follows it.
 * Members of a struct that are not enumerable are fields that JSON leaves out (Go's `omitempty`).
 */
export type GoValue =
  | undefined
  | null
  | string
  | number
  | boolean
  | readonly GoValue[]
  | GoMap
  | GoMethod
  | GoStruct;
export type GoMethod = (...args: readonly GoValue[]) => GoValue;
export interface GoStruct {
  readonly [field: string]: GoValue;
}

/** A Go map with texts as keys, in their order; nil where it was never made. */
export class GoMap {
  readonly entries: ReadonlyMap<string, GoValue>;
  readonly isNil: boolean;
  /** What `index` gives for a key that is not there: the zero value of the map's elements. */
  readonly zero: GoValue;

  constructor(members: Readonly<Record<string, GoValue>> | null, zero?: GoValue) {
    const keys = Object.keys(members ?? {}).sort(byBytes);
    this.entries = new Map(keys.map((key) => [key, members?.[key]]));
    this.isNil = members === null;
    this.zero = zero;
  }
}

/** A slice that was never made: prints as `[]`, is `null` as JSON. */
export const nilList: readonly GoValue[] = Object.freeze([]);

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export const isList = (value: GoValue): value is readonly GoValue[] => Array.isArray(value);
export const isStruct = (value: GoValue): value is GoStruct =>
  typeof value === "object" && value !== null && !isList(value) && !(value instanceof GoMap);

/** What `if` asks: not the zero value of its type; a struct always is. */
export function isTrue(value: GoValue): boolean {
  if (isList(value)) return value.length > 0;
  if (value instanceof GoMap) return value.entries.size > 0;
  return typeof value === "object" ? value !== null : Boolean(value);
}

/** How `%v` prints a value, and a template by itself. */
export function printValue(value: GoValue): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (typeof value === "number") return printNumber(value);
  if (isList(value)) return `[${value.map(printNested).join(" ")}]`;
  if (value instanceof GoMap)
    return `map[${[...value.entries].map(([key, item]) => `${key}:${printNested(item)}`).join(" ")}]`;
  if (typeof value === "object") return `{${Object.values(value).map(printNested).join(" ")}}`;
  return typeof value === "function" ? "<func>" : String(value);
}

const printNested = (value: GoValue): string => printValue(value === undefined ? null : value);

/** Whole numbers as they are; others with an exponent from 1e+21 and below 0.0001, as `%v` does. */
function printNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  if (power >= -4 && power < 21) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** JSON as Go writes it without escapes for HTML: keys of maps sorted, fields in their order. */
export function jsonText(value: GoValue): string {
  if (value === undefined || value === null || value === nilList || typeof value === "function")
    return "null";
  if (isList(value)) return `[${value.map(jsonText).join(",")}]`;
  if (value instanceof GoMap) return value.isNil ? "null" : jsonMembers([...value.entries]);
  if (typeof value === "object")
    return jsonMembers(Object.entries(value).filter(([, item]) => typeof item !== "function"));
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

const jsonMembers = (members: readonly (readonly [string, GoValue])[]): string =>
  `{${members.map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`).join(",")}}`;
