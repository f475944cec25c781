import { posix } from "node:path";
import { isList, isObject } from "../evaluate/values.ts";
import type { Arguments, HclFunction } from "./arguments.ts";
import { formatText } from "./format.ts";
import { many } from "./arguments.ts";

const one = (run: (text: string) => string): HclFunction => [1, 1, (args) => run(args.text(0))];

/** What a person sees as characters. */
const characters = (text: string): readonly string[] =>
  [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)].map(({ segment }) => segment);

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

function trim(args: Arguments): string {
  const set = `[${escaped(args.text(1))}]+`;
  return args.text(1) === ""
    ? args.text(0)
    : args
        .text(0)
        .replace(new RegExp(`^${set}`, "u"), "")
        .replace(new RegExp(`${set}$`, "u"), "");
}

function substring(args: Arguments): string {
  const all = characters(args.text(0));
  const offset = args.whole(1);
  const length = args.whole(2);
  const start = offset < 0 ? Math.max(0, all.length + offset) : offset;
  return all.slice(start, length < 0 ? undefined : start + length).join("");
}

function join(args: Arguments): string {
  const items = args.values.slice(1).flatMap((_, index) => args.list(index + 1));
  args.budget.spend(items.length * (args.text(0).length + 1), args.spot);
  return items
    .map((item, index) => {
      if (item === null || isList(item) || isObject(item))
        throw args.wrong(`element ${index} of join is no text`);
      return String(item);
    })
    .join(args.text(0));
}

/** Go's simple mapping: a letter becomes one letter, wherever it stands, or stays as it is. */
const upper = (text: string): string =>
  Array.from(text, (letter) => {
    const large = letter.toUpperCase();
    return [...large].length === 1 ? large : letter;
  }).join("");
const lower = (text: string): string =>
  Array.from(text, (letter) => [...letter.toLowerCase()][0] ?? letter).join("");

const title = (text: string): string => text.replace(/(?<![\p{L}\p{Nd}_])\p{L}/gu, upper);

function formatList(args: Arguments): readonly string[] {
  const lists = args.values.filter(
    (value, index) => index > 0 && isList(value),
  ) as readonly (readonly unknown[])[];
  const length = lists[0]?.length ?? 1;
  if (lists.some((list) => list.length !== length)) throw args.wrong("lists of formatlist have one length");
  return Array.from({ length }, (_, index) =>
    formatText(
      args,
      args.text(0),
      args.values.slice(1).map((value) => (isList(value) ? (value[index] ?? null) : value)),
    ),
  );
}

/** Go's `filepath.Dir`: an empty path is `.`. */
const directoryName = (path: string): string => posix.normalize(posix.dirname(path));

export const textFunctions: Readonly<Record<string, HclFunction>> = {
  upper: one(upper),
  lower: one(lower),
  title: one(title),
  reverse: one((text) => [...characters(text)].reverse().join("")),
  chomp: one((text) => text.replace(/[\r\n]+$/, "")),
  trimspace: one((text) => text.trim()),
  trim: [2, 2, trim],
  trimprefix: [
    2,
    2,
    (args) =>
      args.text(0).startsWith(args.text(1)) ? args.text(0).slice(args.text(1).length) : args.text(0),
  ],
  trimsuffix: [
    2,
    2,
    (args) =>
      args.text(1) !== "" && args.text(0).endsWith(args.text(1))
        ? args.text(0).slice(0, -args.text(1).length)
        : args.text(0),
  ],
  strlen: [1, 1, (args) => characters(args.text(0)).length],
  substr: [3, 3, substring],
  join: [2, many, join],
  split: [2, 2, (args) => (args.text(0) === "" ? [...args.text(1)] : args.text(1).split(args.text(0)))],
  indent: [
    2,
    2,
    (args) => {
      const blanks = args.whole(0);
      args.budget.spend(Math.max(0, blanks) * args.text(1).split("\n").length, args.spot);
      return args.text(1).replaceAll("\n", `\n${" ".repeat(Math.max(0, blanks))}`);
    },
  ],
  format: [1, many, (args) => formatText(args, args.text(0), args.values.slice(1))],
  formatlist: [1, many, formatList],
  /** What cannot stand in the name of a target becomes `_`. */
  sanitize: one((text) => text.replace(/[^a-zA-Z0-9_-]+/g, "_")),
  basename: one((path) => (path === "" ? "." : posix.basename(path) || "/")),
  dirname: one(directoryName),
};
