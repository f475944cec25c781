import { type DataFile, placeAt, refuseConflict } from "../project/data-file.ts";
import { TsdockError } from "tsdock/plugin";
import { isPackageName } from "./pnpm-lock.ts";
import { lockProblem } from "./npm-lock.ts";
import type { YarnLock, YarnPackage } from "./yarn-lock.ts";

interface Entry {
  readonly patterns: readonly string[];
  readonly fields: Map<string, string>;
  readonly blocks: Map<string, Map<string, string>>;
  readonly offset: number;
}

const unquote = (text: string): string => {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
};

/** `a@1, "b@npm:c@2"`. */
const patternsOf = (text: string): string[] =>
  (text.match(/"(?:[^"\\]|\\.)*"|[^,\s"][^,]*/g) ?? []).map((part) => unquote(part.trim()));

function syntax(file: DataFile, offset: number, line: string): TsdockError {
  return new TsdockError(
    "NODE_LOCKFILE_INVALID",
    `this is not a line of a yarn.lock: ${JSON.stringify(line.slice(0, 80))}`,
    {
      place: placeAt(file, offset),
      hint: "restore it from version control, or run yarn install",
    },
  );
}

/** `key value`, either quoted. */
function pair(file: DataFile, offset: number, line: string): readonly [string, string] {
  const [, key, value] = /^\s*("(?:[^"\\]|\\.)*"|[^\s"]+)\s+("(?:[^"\\]|\\.)*"|[^"]\S*)\s*$/.exec(line) ?? [];
  if (key === undefined || value === undefined) throw syntax(file, offset, line);
  return [unquote(key), unquote(value)];
}

function* entriesOf(file: DataFile): Generator<Entry> {
  let entry: Entry | undefined;
  let block: Map<string, string> | undefined;
  let offset = 0;
  for (const raw of file.text.split("\n")) {
    const line = raw.replace(/\r$/, "");
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    if (line.trim() === "" || line.startsWith("#")) {
      // nothing
    } else if (indent === 0) {
      if (entry !== undefined) yield entry;
      if (!line.endsWith(":")) throw syntax(file, offset, line);
      entry = { patterns: patternsOf(line.slice(0, -1)), fields: new Map(), blocks: new Map(), offset };
      block = undefined;
    } else if (entry === undefined) throw syntax(file, offset, line);
    else if (indent === 2 && line.endsWith(":")) {
      block = new Map();
      entry.blocks.set(line.trim().slice(0, -1), block);
    } else if (indent === 2) {
      const [key, value] = pair(file, offset, line);
      entry.fields.set(key, value);
    } else {
      if (block === undefined) throw syntax(file, offset, line);
      block.set(...pair(file, offset, line));
    }
    offset += raw.length + 1;
  }
  if (entry !== undefined) yield entry;
}

/** The package that a pattern is for: `b@npm:c@2` is `c`. */
function nameOf(pattern: string): string {
  const at = pattern.indexOf("@", 1);
  const range = at < 0 ? "" : pattern.slice(at + 1);
  if (!range.startsWith("npm:")) return at < 0 ? pattern : pattern.slice(0, at);
  const target = range.slice("npm:".length);
  const end = target.indexOf("@", 1);
  return end < 0 ? target : target.slice(0, end);
}

/** Yarn before 1.10 has a SHA-1 in the address and nothing else. */
function integrityOf(fields: ReadonlyMap<string, string>): string | undefined {
  const stated = fields.get("integrity");
  if (stated !== undefined) return stated;
  const sha1 = /#([0-9a-f]{40})$/.exec(fields.get("resolved") ?? "")?.[1];
  return sha1 === undefined ? undefined : `sha1-${Buffer.from(sha1, "hex").toString("base64")}`;
}

function toPackage(file: DataFile, { patterns, fields, blocks, offset }: Entry): YarnPackage {
  const [first = ""] = patterns;
  const name = nameOf(first);
  const version = fields.get("version");
  if (version === undefined || !isPackageName(name)) {
    throw new TsdockError(
      "NODE_LOCKFILE_INVALID",
      `the entry ${JSON.stringify(first)} has no name or no version`,
      {
        place: placeAt(file, offset),
        hint: "restore it from version control, or run yarn install",
      },
    );
  }
  return {
    key: `${name}@${version}`,
    name,
    version,
    integrity: integrityOf(fields),
    tarball: fields.get("resolved"),
    bin: undefined,
    suits: undefined,
    native: false,
    dependencies: Object.fromEntries(blocks.get("dependencies") ?? []),
    optionalDependencies: Object.fromEntries(blocks.get("optionalDependencies") ?? []),
    peers: [],
    patch: undefined,
  };
}

/** Reads yarn.lock of yarn 1. Error `NODE_LOCKFILE_INVALID`. */
export function readYarnClassic(file: DataFile): YarnLock {
  refuseConflict(file, "NODE_LOCKFILE_INVALID");
  const packages = new Map<string, YarnPackage>();
  for (const entry of entriesOf(file)) {
    const one = toPackage(file, entry);
    for (const pattern of entry.patterns) packages.set(pattern, one);
  }
  if (packages.size === 0 && !file.text.includes("yarn lockfile v1"))
    throw lockProblem(file, "NODE_LOCKFILE_INVALID", "the lockfile holds nothing that can be read", "");
  return {
    file,
    kind: "classic",
    find({ alias, range }) {
      const found = packages.get(`${alias}@${range}`);
      return found === undefined ? undefined : { found };
    },
  };
}
