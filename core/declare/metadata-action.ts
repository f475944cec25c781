import {
  expressionOf,
  type Flavor,
  makeRule,
  type RuleOptions,
  type TagRule,
  type TagSettings,
  type TagSource,
} from "./tag-rule.ts";

/** What docker/metadata-action does when it is given no rules. */
const defaultLines = ["type=schedule", "type=ref,event=branch", "type=ref,event=tag", "type=ref,event=pr"];

/**
 * Rules in the notation of docker/metadata-action: its inputs `tags` and `flavor`, a line each.
 * @example metadataAction(["type=semver,pattern={{version}}", "type=sha"], ["suffix=-alpine"])
 */
export function metadataAction(tags: readonly string[], flavor: readonly string[] = []): TagSettings {
  const lines = linesOf(tags);
  const read = readFlavor(linesOf(flavor));
  const rules = (lines.length === 0 ? defaultLines : lines).map(parseRuleLine);
  return Object.freeze({
    rules: Object.freeze([...rules, ...read.mistakes]),
    flavor: Object.freeze(read.flavor),
  });
}

const linesOf = (lines: readonly string[]): readonly string[] =>
  lines
    .flatMap((line) => line.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

const common = ["type", "enable", "priority", "prefix", "suffix"];
const ownKeys: Readonly<Record<string, readonly string[]>> = {
  schedule: ["pattern"],
  semver: ["pattern", "value", "match"],
  pep440: ["pattern", "value", "match"],
  match: ["pattern", "group", "value"],
  edge: ["branch"],
  ref: ["event"],
  raw: ["value"],
  sha: ["format"],
};

/** One line as a rule; a line that is not understood becomes a rule that says so. */
export function parseRuleLine(line: string): TagRule {
  const fields = fieldsOf(line);
  if (fields === undefined) return invalid(line, "a quote is not closed");
  const pairs = fields.map((field) => pairOf(field, fields.length));
  const broken = pairs.find((pair) => pair.key === undefined);
  if (broken !== undefined) return invalid(line, `${JSON.stringify(broken.value)} is not key=value`);
  const values = Object.fromEntries(pairs.map(({ key = "", value }) => [key, value]));
  const type = values.type ?? "raw";
  const own = Object.hasOwn(ownKeys, type) ? ownKeys[type] : undefined;
  if (own === undefined) return invalid(line, `there is no type ${type}`);
  const unknown = Object.keys(values).find((key) => !common.includes(key) && !own.includes(key));
  if (unknown !== undefined) return invalid(line, `${type} has no attribute ${unknown}`);
  const source = sourceOf(type, values);
  if (typeof source === "string") return invalid(line, source);
  const options = optionsOf(values);
  return typeof options === "string" ? invalid(line, options) : makeRule(source, options);
}

const invalid = (line: string, why: string): TagRule => makeRule({ type: "invalid", line, why });

/** Comma-separated, with double quotes around fields that hold commas. */
function fieldsOf(line: string): readonly string[] | undefined {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(?:,|$)/.exec(rest);
    const found = quoted ?? /^\s*([^,"][^,]*|)(?:,|$)/.exec(rest);
    if (found === null) return undefined;
    fields.push((found[1] ?? "").replaceAll('""', '"').trim());
    if (!found[0].endsWith(",")) return fields;
    rest = rest.slice(found[0].length);
  }
}

function pairOf(field: string, count: number): { readonly key: string | undefined; readonly value: string } {
  const at = field.indexOf("=");
  // A lone word is a raw tag.
  if (at < 0) return { key: count === 1 ? "value" : undefined, value: field };
  return { key: field.slice(0, at).trim().toLowerCase(), value: field.slice(at + 1).trim() };
}

/** What the rule looks at, or what is wrong. */
function sourceOf(type: string, values: Readonly<Record<string, string>>): TagSource | string {
  const value = values.value === undefined || values.value === "" ? undefined : values.value;
  switch (type) {
    case "schedule":
      return { type, pattern: values.pattern ?? "nightly" };
    case "semver":
    case "pep440":
      if (!values.pattern) return `${type} needs a pattern`;
      return {
        type,
        patterns: [values.pattern],
        value,
        match: values.match ? expressionOf(values.match) : undefined,
      };
    case "match": {
      if (!values.pattern) return "match needs a pattern";
      const group = values.group ?? "0";
      return {
        type,
        pattern: expressionOf(values.pattern),
        group: /^\d+$/.test(group) ? Number(group) : group,
        value,
      };
    }
    case "edge":
      return { type, branch: values.branch === "" ? undefined : values.branch };
    case "ref": {
      const { event = "" } = values;
      return event === "branch" || event === "tag" || event === "pr"
        ? { type: event }
        : "the event of ref must be branch, tag or pr";
    }
    case "sha": {
      const { format = "short" } = values;
      return format === "short" || format === "long"
        ? { type, format }
        : "the format of sha must be short or long";
    }
    default:
      return value === undefined ? "raw needs a value" : { type: "raw", value };
  }
}

function optionsOf(values: Readonly<Record<string, string>>): RuleOptions | string {
  const { enable, priority, prefix, suffix } = values;
  if (priority !== undefined && !/^\d+$/.test(priority)) return "priority must be a number";
  return {
    ...(enable === undefined ? {} : { enable }),
    ...(priority === undefined ? {} : { priority: Number(priority) }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(suffix === undefined ? {} : { suffix }),
  };
}

function readFlavor(lines: readonly string[]): {
  readonly flavor: Flavor;
  readonly mistakes: readonly TagRule[];
} {
  let flavor: Flavor = { latest: "auto", prefix: "", suffix: "", prefixLatest: false, suffixLatest: false };
  const mistakes: TagRule[] = [];
  for (const line of lines) {
    const [, key = "", value = "", flag] =
      /^\s*(latest|prefix|suffix)\s*=\s*([^,]*?)\s*(?:,\s*onlatest\s*=\s*(true|false)\s*)?$/.exec(line) ?? [];
    const onLatest = flag === "true";
    if (key === "prefix") flavor = { ...flavor, prefix: value, prefixLatest: onLatest };
    else if (key === "suffix") flavor = { ...flavor, suffix: value, suffixLatest: onLatest };
    else if (key === "latest" && /^(?:auto|true|false)$/.test(value) && flag === undefined)
      flavor = { ...flavor, latest: value === "auto" ? "auto" : value === "true" };
    else
      mistakes.push(
        invalid(line, "a flavor is latest=auto|true|false, prefix=… or suffix=…[,onlatest=true]"),
      );
  }
  return { flavor, mistakes };
}
