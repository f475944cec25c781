import { invalid, type Spot } from "../hcl/source.ts";
import type { HclValue } from "../hcl/syntax.ts";

export type HclObject = ReadonlyMap<string, HclValue>;

export const isList = (value: HclValue): value is readonly HclValue[] => Array.isArray(value);
export const isObject = (value: HclValue): value is HclObject => value instanceof Map;

/** An object whose keys are in order; a later entry comes before an earlier one of its key. */
export const objectOf = (entries: Iterable<readonly [string, HclValue]>): HclObject => {
  const last = new Map(entries);
  return new Map([...last].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
};

export function typeName(value: HclValue): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return "true or false";
  if (typeof value === "number") return "a number";
  if (typeof value === "string") return "text";
  return isList(value) ? "a list" : "an object";
}

/** As the language writes numbers: never with an exponent. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return Math.abs(value) < 2 ** 53 ? String(value) : BigInt(value).toString();
  const text = String(value);
  return /e/i.test(text) ? value.toFixed(20).replace(/0+$/, "") : text;
}

/** Text, and numbers and booleans as text; undefined for anything else. */
export function asText(value: HclValue): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return numberText(value);
  return typeof value === "boolean" ? String(value) : undefined;
}

export function asNumber(value: HclValue): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value)) return undefined;
  return Number(value);
}

export function asBoolean(value: HclValue): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "1") return true;
  return value === "false" || value === "0" ? false : undefined;
}

export function needText(value: HclValue, spot: Spot, what = "this"): string {
  const text = asText(value);
  if (text === undefined) throw invalid(`${what} must be text and is ${typeName(value)}`, spot);
  return text;
}

export function needNumber(value: HclValue, spot: Spot, what = "this"): number {
  const number = asNumber(value);
  if (number === undefined) throw invalid(`${what} must be a number and is ${typeName(value)}`, spot);
  return number;
}

export function needBoolean(value: HclValue, spot: Spot, what = "this"): boolean {
  const boolean = asBoolean(value);
  if (boolean === undefined) throw invalid(`${what} must be true or false and is ${typeName(value)}`, spot);
  return boolean;
}

export function equal(a: HclValue, b: HclValue): boolean {
  if (isList(a))
    return isList(b) && a.length === b.length && a.every((item, index) => equal(item, b[index] ?? null));
  if (!isObject(a)) return a === b;
  return (
    isObject(b) &&
    a.size === b.size &&
    [...a].every(([key, item]) => b.has(key) && equal(item, b.get(key) ?? null))
  );
}

/** Values without those that are there already: what a set holds. */
export function distinct(values: readonly HclValue[]): readonly HclValue[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = keyOf(value);
    return !seen.has(key) && seen.add(key);
  });
}

/** Sets are in order. */
export const setOf = (values: readonly HclValue[]): readonly HclValue[] =>
  [...distinct(values)].sort((a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    const [x, y] = [keyOf(a), keyOf(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  });

export const keyOf = (value: HclValue): string => JSON.stringify(plainJson(value));

export type PlainJson = null | boolean | number | string | PlainJson[] | { [key: string]: PlainJson };

export function plainJson(value: HclValue): PlainJson {
  if (isList(value)) return value.map(plainJson);
  if (isObject(value)) return Object.fromEntries([...value].map(([key, item]) => [key, plainJson(item)]));
  return value;
}

export function fromJson(value: unknown): HclValue {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value === "object" && value !== null)
    return objectOf(Object.entries(value).map(([key, item]) => [key, fromJson(item)] as const));
  return value as HclValue;
}
