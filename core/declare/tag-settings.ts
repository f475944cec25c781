import { parseRuleLine } from "./metadata-action.ts";
import {
  type Flavor,
  type FlavorOptions,
  makeRule,
  type TagRule,
  type TagSettings,
  type TagsOption,
  tagRuleMark,
} from "./tag-rule.ts";

/** Tags as they are configured, complete. */
export function tagSettings(option: TagsOption): TagSettings {
  const { rules, flavor = {} } = "rules" in option ? option : { rules: option };
  return { rules: rules.map(ruleOf), flavor: flavorOf(flavor) };
}

const ruleOf = (rule: TagRule | string): TagRule => {
  if (typeof rule !== "string") return rule;
  return rule.startsWith("type=") ? parseRuleLine(rule) : makeRule({ type: "raw", value: rule });
};

function flavorOf(flavor: FlavorOptions | Flavor): Flavor {
  if ("prefixLatest" in flavor) return flavor;
  const { onLatest = false, latest = "auto", prefix = "", suffix = "" } = flavor;
  return { latest, prefix, suffix, prefixLatest: onLatest, suffixLatest: onLatest };
}

/** What is wrong with a value that should be a `TagsOption`, and where in it. */
export interface TagsMistake {
  readonly path: readonly string[];
  readonly message: string;
}

export function tagsMistakes(value: unknown): readonly TagsMistake[] {
  if (Array.isArray(value)) return rulesMistakes(value, []);
  if (typeof value !== "object" || value === null)
    return [{ path: [], message: "must be a list of tags and rules, or { rules, flavor }" }];
  const { rules, flavor, ...others } = value as Readonly<Record<string, unknown>>;
  return [
    ...(Array.isArray(rules)
      ? rulesMistakes(rules, ["rules"])
      : [{ path: rules === undefined ? [] : ["rules"], message: "must have a list of tags and rules" }]),
    ...(flavor === undefined ? [] : flavorMistakes(flavor)),
    ...Object.keys(others).map((key) => ({ path: [key], message: "is not an option: rules, flavor" })),
  ];
}

const literalTag = /^\w[\w.-]{0,127}$/;

const rulesMistakes = (rules: readonly unknown[], path: readonly string[]): readonly TagsMistake[] =>
  rules.flatMap((rule, index) => {
    const message = ruleMistake(rule);
    return message === undefined ? [] : [{ path: [...path, String(index)], message }];
  });

function ruleMistake(rule: unknown): string | undefined {
  if (typeof rule === "string") {
    if (rule.startsWith("type=") || literalTag.test(rule)) return undefined;
    return "must be a tag: up to 128 letters, digits, _, . and -, not beginning with . or -";
  }
  const mark = tagRuleMark(rule);
  if (mark === "foreign") return "is a rule that another copy of tsdock made";
  return mark === "ours" ? undefined : "must be a tag, or a rule such as semver() or branch()";
}

const flavorTypes: Readonly<Record<string, (value: unknown) => boolean>> = {
  latest: (value) => value === "auto" || typeof value === "boolean",
  prefix: (value) => typeof value === "string",
  suffix: (value) => typeof value === "string",
  onLatest: (value) => typeof value === "boolean",
  prefixLatest: (value) => typeof value === "boolean",
  suffixLatest: (value) => typeof value === "boolean",
};

function flavorMistakes(flavor: unknown): readonly TagsMistake[] {
  const message = "must be { latest, prefix, suffix, onLatest }";
  if (typeof flavor !== "object" || flavor === null) return [{ path: ["flavor"], message }];
  return Object.entries(flavor).flatMap(([key, value]) => {
    const fits = Object.hasOwn(flavorTypes, key) ? flavorTypes[key] : undefined;
    if (fits === undefined)
      return [{ path: ["flavor", key], message: "is not an option: latest, prefix, suffix, onLatest" }];
    const wanted = key === "latest" ? '"auto", true or false' : /fix$/.test(key) ? "text" : "true or false";
    return fits(value) || value === undefined
      ? []
      : [{ path: ["flavor", key], message: `must be ${wanted}` }];
  });
}
