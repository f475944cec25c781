import { createHash } from "node:crypto";
import vm from "node:vm";
import { goRegExp } from "tsdock/plugin";
import { fromJson, keyOf, objectOf } from "../evaluate/values.ts";
import { unsupported } from "../hcl/source.ts";
import type { HclValue } from "../hcl/syntax.ts";
import type { Arguments, HclFunction } from "./arguments.ts";
import { uuidV5 } from "./uuid.ts";

const digest =
  (algorithm: string): HclFunction[2] =>
  (args) =>
    createHash(algorithm).update(args.text(0)).digest("hex");

function jsonDecode(args: Arguments): HclValue {
  try {
    return fromJson(JSON.parse(args.text(0)));
  } catch (error) {
    if (error instanceof SyntaxError) throw args.wrong("this text is not JSON");
    throw error;
  }
}

/** As Go writes JSON: `<`, `>` and `&` escaped. */
const jsonEncode = (args: Arguments): string =>
  keyOf(args.value(0)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

function csvDecode(args: Arguments): HclValue {
  const [head = [], ...rows] = csvRows(args.text(0));
  return rows.map((row) => {
    if (row.length !== head.length)
      throw args.wrong(`a line has ${row.length} fields and the first ${head.length}`);
    return objectOf(head.map((name, index) => [name, row[index] ?? ""] as const));
  });
}

export function csvRows(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\r?\n|$)/gy;
  let row: string[] = [];
  while (field.lastIndex < text.length || row.length > 0) {
    const [found, quoted, plain = "", end = ""] = field.exec(text) ?? [];
    if (found === undefined) break;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}

const longestMatch = 1000;

/** Works on text with a pattern of the file, which may be one that takes forever. */
function withPattern(args: Arguments, script: string, values: Record<string, unknown>): unknown {
  const context = vm.createContext(
    { ...values, result: undefined },
    { codeGeneration: { strings: false, wasm: false } },
  );
  try {
    const text: unknown = vm.runInContext(`JSON.stringify(${script})`, context, { timeout: longestMatch });
    return JSON.parse(String(text));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw args.wrong(
      code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
        ? "this pattern takes more than a second"
        : `this pattern is wrong: ${message}`,
    );
  }
}

/** A pattern as Go reads it, for all its matches. */
function patternOf(args: Arguments, text: string): { readonly source: string; readonly flags: string } {
  try {
    const { source, flags } = goRegExp(text);
    return { source, flags: `g${flags}` };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw args.wrong(`this pattern is wrong: ${error.message}`);
  }
}

interface Match {
  readonly all: readonly (string | null)[];
  readonly groups: Readonly<Record<string, string | null>> | null;
}

const matches = (args: Arguments): readonly Match[] =>
  withPattern(
    args,
    "[...text.matchAll(new RegExp(source, flags))].map((m) => ({ all: [...m].map((x) => x ?? null), groups: m.groups === undefined ? null : Object.fromEntries(Object.entries(m.groups).map(([k, v]) => [k, v ?? null])) }))",
    { text: args.text(1), ...patternOf(args, args.text(0)) },
  ) as readonly Match[];

const matchValue = ({ all, groups }: Match): HclValue => {
  if (groups !== null) return objectOf(Object.entries(groups));
  const [whole = null, ...captured] = all;
  return captured.length === 0 ? whole : captured;
};

function regex(args: Arguments): HclValue {
  const [first] = matches(args);
  if (first === undefined) throw args.wrong("the pattern does not match");
  return matchValue(first);
}

/** What stands in for a match, by Go's rules: `$1`, `${1}` and `${name}` are groups, or nothing where there are none such; `$$` is a dollar. */
const standIn = (text: string): readonly (string | readonly [string])[] =>
  text.split(/(\$(?:\$|\w+|\{\w+\}))/u).map((part, index) => {
    if (index % 2 === 0) return part;
    return part === "$$" ? "$" : [part.replace(/[${}]/g, "")];
  });

const replaceWith = (args: Arguments, source: string): string =>
  withPattern(
    args,
    `text.replace(new RegExp(source, flags), (...found) => {
      const groups = typeof found.at(-1) === "object" ? found.pop() : {};
      const all = { ...found.slice(0, -2), ...groups };
      return parts.map((part) => (typeof part === "string" ? part : (all[part[0]] ?? ""))).join("");
    })`,
    { text: args.text(0), parts: standIn(args.text(2)), ...patternOf(args, source) },
  ) as string;

function replace(args: Arguments): string {
  spendOnReplacing(args);
  return args.text(0).replaceAll(args.text(1), () => args.text(2));
}

/** Every character could be replaced. */
const spendOnReplacing = (args: Arguments): void => {
  args.budget.spend((args.text(0).length + 1) * (args.text(2).length + 1), args.spot);
};

function semverCompare(args: Arguments): HclValue {
  const [a, b] = [0, 1].map((index) => {
    const [, numbers, pre = ""] =
      /^v?(\d+(?:\.\d+){0,2})(?:-([\w.-]+))?(?:\+[\w.-]+)?$/.exec(args.text(index)) ?? [];
    if (numbers === undefined) throw args.wrong(`${JSON.stringify(args.text(index))} is no version`);
    return { numbers: [0, 1, 2].map((at) => Number(numbers.split(".")[at] ?? 0)), pre };
  });
  const order = [0, 1, 2]
    .map((at) => Math.sign((a?.numbers[at] ?? 0) - (b?.numbers[at] ?? 0)))
    .find((one) => one !== 0);
  if (order !== undefined) return order;
  if (a?.pre === b?.pre) return 0;
  if (a?.pre === "" || b?.pre === "") return a?.pre === "" ? 1 : -1;
  return Math.sign((a?.pre ?? "").localeCompare(b?.pre ?? "", "en", { numeric: true }));
}

/** What gives another result each time, or another on each machine. */
const refused: Readonly<Record<string, string>> = {
  timestamp: "the time of day",
  uuidv4: "chance",
  bcrypt: "chance",
  rsadecrypt: "a private key",
  homedir: "who imports it",
};

export const codingFunctions: Readonly<Record<string, HclFunction>> = {
  md5: [1, 1, digest("md5")],
  sha1: [1, 1, digest("sha1")],
  sha256: [1, 1, digest("sha256")],
  sha512: [1, 1, digest("sha512")],
  base64encode: [1, 1, (args) => Buffer.from(args.text(0)).toString("base64")],
  base64decode: [1, 1, (args) => Buffer.from(args.text(0), "base64").toString()],
  urlencode: [
    1,
    1,
    (args) =>
      encodeURIComponent(args.text(0)).replace(/%20|[!'()*]/g, (found) =>
        found === "%20" ? "+" : `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
  ],
  jsonencode: [1, 1, jsonEncode],
  jsondecode: [1, 1, jsonDecode],
  csvdecode: [1, 1, csvDecode],
  bytesslice: [
    3,
    3,
    (args) =>
      Buffer.from(args.text(0), "base64")
        .subarray(args.whole(1), args.whole(1) + args.whole(2))
        .toString("base64"),
  ],
  byteslen: [1, 1, (args) => Buffer.from(args.text(0), "base64").length],
  uuidv5: [2, 2, uuidV5],
  regex: [2, 2, regex],
  regexall: [2, 2, (args) => matches(args).map(matchValue)],
  regex_replace: [
    3,
    3,
    (args) => {
      spendOnReplacing(args);
      return replaceWith(args, args.text(1));
    },
  ],
  replace: [3, 3, replace],
  semvercmp: [2, 2, semverCompare],
  ...Object.fromEntries(
    Object.entries(refused).map(([name, what]): readonly [string, HclFunction] => [
      name,
      [
        0,
        Number.POSITIVE_INFINITY,
        (args) => {
          throw unsupported(
            `${name} depends on ${what}, and a module says the same whenever it is written`,
            args.spot,
            "give what uses it a value with --var NAME=VALUE",
          );
        },
      ],
    ]),
  ),
};
