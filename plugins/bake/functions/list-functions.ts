import { distinct, equal, isList, isObject, keyOf, needText, objectOf, setOf } from "../evaluate/values.ts";
import type { HclValue } from "../hcl/syntax.ts";
import type { Arguments, HclFunction } from "./arguments.ts";
import { many } from "./arguments.ts";

const has = (values: readonly HclValue[], wanted: HclValue): boolean =>
  values.some((value) => equal(value, wanted));
const lists = (args: Arguments): readonly (readonly HclValue[])[] =>
  args.values.map((_, index) => args.list(index));

function flatten(value: readonly HclValue[]): readonly HclValue[] {
  return value.flatMap((item) => (isList(item) ? flatten(item) : [item]));
}

const mostNumbers = 1024;

function range(args: Arguments): readonly number[] {
  const [start, end] = args.count === 1 ? [0, args.number(0)] : [args.number(0), args.number(1)];
  const step = args.count > 2 ? args.number(2) : start <= end ? 1 : -1;
  if (step === 0 || (end - start) / step < 0) throw args.wrong("these steps never reach the end");
  const count = Math.ceil((end - start) / step);
  if (count > mostNumbers)
    throw args.wrong(`a range has at most ${mostNumbers} numbers, and this has ${count}`);
  return Array.from({ length: count }, (_, index) => start + index * step);
}

function product(args: Arguments): readonly HclValue[] {
  const all = lists(args);
  args.budget.spend(
    all.reduce((count, list) => count * list.length, all.length),
    args.spot,
  );
  return all.reduce<readonly (readonly HclValue[])[]>(
    (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])),
    [[]],
  );
}

function chunks(args: Arguments): readonly HclValue[] {
  const list = args.list(0);
  const size = args.whole(1);
  if (size < 0) throw args.wrong("the size of chunks is not negative");
  if (size === 0) return [list];
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

function element(args: Arguments): HclValue {
  const list = args.list(0);
  const index = args.whole(1);
  if (list.length === 0 || index < 0) throw args.wrong("element needs elements and an index from 0");
  return list[index % list.length] ?? null;
}

function index(args: Arguments): HclValue {
  const of = args.value(0);
  const found = isObject(of) ? of.get(args.text(1)) : args.list(0)[args.whole(1)];
  if (found === undefined) throw args.wrong(`there is no element ${keyOf(args.value(1))}`);
  return found;
}

const hasIndex = (args: Arguments): boolean => {
  const of = args.value(0);
  if (isObject(of)) return of.has(args.text(1));
  return isList(of) && of[args.number(1)] !== undefined;
};

function lookup(args: Arguments): HclValue {
  const found = args.object(0).get(args.text(1));
  if (found !== undefined) return found;
  if (args.count < 3) throw args.wrong(`there is no ${args.text(1)} and no default`);
  return args.value(2);
}

function zip(args: Arguments): HclValue {
  const keys = args.list(0);
  const values = args.list(1);
  if (keys.length !== values.length) throw args.wrong("zipmap takes as many keys as values");
  return objectOf(keys.map((key, at) => [needText(key, args.spot, "a key"), values[at] ?? null] as const));
}

function coalesce(args: Arguments): HclValue {
  const found = args.values.find((value) => value !== null);
  if (found === undefined) throw args.wrong("all arguments of coalesce are null");
  return found;
}

function coalesceList(args: Arguments): HclValue {
  const found = args.values.find((value) =>
    isList(value) ? value.length > 0 : isObject(value) && value.size > 0,
  );
  if (found === undefined) throw args.wrong("all arguments of coalescelist are empty");
  return found;
}

function length(args: Arguments): number {
  const value = args.value(0);
  return isObject(value) ? value.size : args.list(0).length;
}

function indexOf(args: Arguments): number {
  const found = args.list(0).findIndex((item) => equal(item, args.value(1)));
  if (found < 0) throw args.wrong("the list has no such element");
  return found;
}

const sorted = (args: Arguments): readonly HclValue[] =>
  [...args.list(0)].map(String).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

const symmetric = (a: readonly HclValue[], b: readonly HclValue[]): readonly HclValue[] => [
  ...a.filter((item) => !has(b, item)),
  ...b.filter((item) => !has(a, item)),
];

export const listFunctions: Readonly<Record<string, HclFunction>> = {
  length: [1, 1, length],
  concat: [1, many, (args) => lists(args).flat()],
  contains: [2, 2, (args) => has(args.list(0), args.value(1))],
  compact: [1, 1, (args) => args.list(0).filter((item) => item !== "" && item !== null)],
  distinct: [1, 1, (args) => distinct(args.list(0))],
  element: [2, 2, element],
  flatten: [1, 1, (args) => flatten(args.list(0))],
  chunklist: [2, 2, chunks],
  index: [2, 2, index],
  indexof: [2, 2, indexOf],
  hasindex: [2, 2, hasIndex],
  keys: [1, 1, (args) => [...args.object(0).keys()]],
  values: [1, 1, (args) => [...args.object(0).values()]],
  lookup: [2, 3, lookup],
  merge: [
    1,
    many,
    (args) => objectOf(args.values.flatMap((value, at) => (value === null ? [] : [...args.object(at)]))),
  ],
  zipmap: [2, 2, zip],
  range: [1, 3, range],
  reverselist: [1, 1, (args) => [...args.list(0)].reverse()],
  slice: [2, 3, (args) => args.list(0).slice(args.whole(1), args.count > 2 ? args.whole(2) : undefined)],
  sort: [1, 1, sorted],
  coalesce: [1, many, coalesce],
  coalescelist: [1, many, coalesceList],
  setproduct: [1, many, product],
  setunion: [1, many, (args) => setOf(lists(args).flat())],
  setintersection: [1, many, (args) => setOf(lists(args).reduce((a, b) => a.filter((item) => has(b, item))))],
  setsubtract: [2, 2, (args) => setOf(args.list(0).filter((item) => !has(args.list(1), item)))],
  setsymmetricdifference: [1, many, (args) => setOf(lists(args).reduce(symmetric))],
  sethaselement: [2, 2, (args) => has(args.list(0), args.value(1))],
};
