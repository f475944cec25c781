import type { Cause } from "./cause.ts";

type Inputs = Readonly<Record<string, string>>;
type Listing = ReadonlyMap<string, string> | undefined;

/** How many differences of one kind are told one by one. */
const manyFiles = 1000;

/** What differs between the inputs of two keys; trees below (`base`, `trees` …) are left to those who know the graph. */
export function compareInputs(
  before: Inputs,
  after: Inputs,
  name: string,
  listing: (entries: string) => Listing,
): readonly Cause[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (one) => before[one] !== after[one] && !ofTrees.has(one),
  );
  return names.flatMap((one) => compareOne(one, before[one], after[one], name, listing));
}

/** Stacks of layers: what made them tells more. */
export const ofTrees: ReadonlySet<string> = new Set(["base", "lower", "upper", "trees"]);

function compareOne(
  input: string,
  from: string | undefined,
  to: string | undefined,
  name: string,
  listing: (entries: string) => Listing,
): readonly Cause[] {
  switch (input) {
    case "entries":
      return compareEntries(listing(from ?? ""), listing(to ?? ""));
    case "env":
      return compareEnvironments(from, to);
    case "argv":
      return [{ type: "command", from: commandText(from), to: commandText(to) }];
    case "manifest":
      return [{ type: "base", reference: name.replace(/^FROM /, ""), from: from ?? "", to: to ?? "" }];
    case "plugin":
      return comparePlugins(from ?? "", to ?? "");
    case "spec":
    case "locked":
    case "plan":
      return compareJson(input, parsed(from), parsed(to)).slice(0, manyFiles);
  }
  const bind = /^bind context \S+ ([0-9a-f]{64})$/;
  const [a, b] = [bind.exec(from ?? "")?.[1], bind.exec(to ?? "")?.[1]];
  if (input.startsWith("mount ") && a !== undefined && b !== undefined)
    return compareEntries(listing(a), listing(b));
  return [{ type: "input-value", name: input, ...sides(from, to) }];
}

export const sides = <T>(from: T | undefined, to: T | undefined): { readonly from?: T; readonly to?: T } => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});

function compareEntries(before: Listing, after: Listing): readonly Cause[] {
  if (before === undefined || after === undefined) return [{ type: "forgotten" }];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  const changes = paths.flatMap((path) => compareEntry(path, before.get(path), after.get(path)));
  // Directories come and go with what is in them.
  const telling = changes.filter((cause) => cause.type !== "file" || !isDirectory(cause, before, after));
  return (telling.length === 0 ? changes : telling).slice(0, manyFiles);
}

const isDirectory = ({ path }: { readonly path: string }, before: Listing, after: Listing): boolean =>
  [before, after].every((listing) => {
    const entry = listing?.get(path.slice(1));
    return entry === undefined || entry.startsWith("directory ");
  });

function compareEntry(path: string, from: string | undefined, to: string | undefined): readonly Cause[] {
  if (from === to) return [];
  const file = { type: "file", path: `/${path}` } as const;
  const [a, b] = [from, to].map((text) => (text === undefined ? undefined : readEntry(text)));
  if (a === undefined) return [{ ...file, change: "added", ...sides(undefined, b?.content) }];
  if (b === undefined) return [{ ...file, change: "removed", ...sides(a.content, undefined) }];
  if (a.kind !== b.kind) return [{ ...file, change: "kind", from: a.kind, to: b.kind }];
  const changes: Cause[] = [];
  if (a.content !== b.content)
    changes.push({
      ...file,
      change: a.kind === "file" ? "content" : "target",
      ...sides(a.content, b.content),
    });
  if (a.mode !== b.mode) changes.push({ ...file, change: "mode", from: a.mode, to: b.mode });
  if (a.owner !== b.owner) changes.push({ ...file, change: "owner", from: a.owner, to: b.owner });
  return changes.length > 0 ? changes : [{ ...file, change: "attributes" }];
}

/** A line of `describeEntry`. */
function readEntry(text: string): {
  readonly kind: string;
  readonly mode: string;
  readonly owner: string;
  readonly content: string | undefined;
} {
  const [kind = "", mode = "", owner = "", ...rest] = text.split(" ");
  if (kind === "file") return { kind, mode, owner, content: `sha256:${rest[0] ?? ""}` };
  const content = kind === "directory" || kind === "fifo" ? undefined : rest.join(" ");
  return { kind, mode, owner, content };
}

function compareEnvironments(from: string | undefined, to: string | undefined): readonly Cause[] {
  const [before, after] = [variables(from), variables(to)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name): readonly Cause[] => {
    const [a, b] = [before.get(name), after.get(name)];
    return a === b ? [] : [{ type: "env", name, ...sides(a, b) }];
  });
}

function variables(text: string | undefined): ReadonlyMap<string, string> {
  const list = parsed(text);
  const entries = (Array.isArray(list) ? list : []) as readonly string[];
  return new Map(
    entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}

/** The text that a shell runs, else the words. */
function commandText(text: string | undefined): string {
  const words = parsed(text);
  if (!Array.isArray(words)) return text ?? "";
  const [shell, flag, script] = words as readonly string[];
  const inShell = words.length === 3 && /(?:^|\/)\w*sh$/.test(shell ?? "") && /^-\w*c$/.test(flag ?? "");
  return inShell ? (script ?? "") : words.join(" ");
}

function comparePlugins(from: string, to: string): readonly Cause[] {
  const name = (text: string): string => text.slice(0, text.lastIndexOf(" "));
  const version = (text: string): string => text.slice(text.lastIndexOf(" ") + 1);
  if (name(from) !== name(to)) return [{ type: "input-value", name: "plugin", from, to }];
  return [{ type: "version", of: name(to), from: version(from), to: version(to) }];
}

/** The innermost parts of two JSON values that differ, by their path: `locked.packages.nginx.version`. */
function compareJson(path: string, from: unknown, to: unknown): readonly Cause[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  if (!isObject(from) || !isObject(to))
    return [{ type: "input-value", name: path, ...sides(shown(from), shown(to)) }];
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return names.flatMap((name) => compareJson(`${path}.${name}`, from[name], to[name]));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const shown = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}
