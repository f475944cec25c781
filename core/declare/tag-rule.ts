import { branded, instance } from "./instance.ts";
import { captureSite, type Site } from "./site.ts";
import { snapshot } from "./snapshot.ts";

const brand: unique symbol = Symbol.for("tsdock.tag-rule");

/** Whether a tag may ever mean another image. */
export type TagClass = "immutable" | "rolling";

/** What all rules take. Text may hold expressions: `{{branch}}`, `{{date 'YYYYMMDD' tz='Europe/Paris'}}` … */
export interface RuleOptions {
  /** Whether the rule counts: true unless given; text is an expression that gives `true` or `false`. */
  readonly enable?: boolean | string;
  /** Tags of rules with a higher one come first. Each kind of rule has its own unless given. */
  readonly priority?: number;
  /** In front of its tags, instead of the flavor's. */
  readonly prefix?: string;
  /** Behind its tags, instead of the flavor's. */
  readonly suffix?: string;
  /** Instead of what the rule says by itself. */
  readonly class?: TagClass;
}

/** Rules that give tags of a version. */
export interface VersionRuleOptions extends RuleOptions {
  /** `{{raw}}`, `{{version}}`, `{{major}}`, `{{minor}}`, `{{patch}}`; version, major.minor and major unless given. */
  readonly patterns?: readonly string[];
  /** The version, instead of the one that is released. */
  readonly value?: string;
  /** Finds the version in the tag: its first group. */
  readonly match?: RegExp | string;
}

/** What a rule looks at. */
export type TagSource =
  | {
      readonly type: "semver" | "pep440";
      readonly patterns: readonly string[];
      readonly value?: string | undefined;
      readonly match?: Expression | undefined;
    }
  | {
      readonly type: "match";
      readonly pattern: Expression;
      readonly group: number | string;
      readonly value?: string | undefined;
    }
  | { readonly type: "package"; readonly patterns: readonly string[] }
  | { readonly type: "branch" | "tag" | "pr" | "channel" }
  | { readonly type: "sha"; readonly format: "short" | "long" }
  | { readonly type: "schedule"; readonly pattern: string }
  | { readonly type: "edge"; readonly branch: string | undefined }
  | { readonly type: "raw"; readonly value: string }
  /** A line that is not understood: said when tags are made, together with what else is wrong. */
  | { readonly type: "invalid"; readonly line: string; readonly why: string };

/** A regular expression that is not made yet: it may be wrong. */
export interface Expression {
  readonly source: string;
  readonly flags: string;
}

/** Says which tags an image gets in a release: an immutable value. */
export interface TagRule {
  readonly [brand]: object;
  readonly source: TagSource;
  readonly options: RuleOptions;
  readonly site: Site;
}

/** What holds for all rules of an image. */
export interface Flavor {
  /** Whether there is a `latest`: auto = with every stable version. */
  readonly latest: "auto" | boolean;
  readonly prefix: string;
  readonly suffix: string;
  /** Whether `latest` has them too. */
  readonly prefixLatest: boolean;
  readonly suffixLatest: boolean;
}

/** The rules of an image, complete. */
export interface TagSettings {
  readonly rules: readonly TagRule[];
  readonly flavor: Flavor;
}

export interface FlavorOptions {
  /** Whether there is a `latest`: auto (with every stable version) unless given. */
  readonly latest?: "auto" | boolean;
  readonly prefix?: string;
  readonly suffix?: string;
  /** Whether `latest` has prefix and suffix too: no unless given. */
  readonly onLatest?: boolean;
}

/** Tags as they are configured: rules, literal tags (rolling), and metadata-action's lines (`type=…`). */
export type TagsOption =
  | readonly (TagRule | string)[]
  | { readonly rules: readonly (TagRule | string)[]; readonly flavor?: FlavorOptions | Flavor };

const versionPatterns = ["{{version}}", "{{major}}.{{minor}}", "{{major}}"] as const;

/** A rule of this copy of the package. */
export function makeRule(source: TagSource, options: RuleOptions = {}): TagRule {
  const { enable, priority, prefix, suffix, class: tagClass } = options;
  const common = { enable, priority, prefix, suffix, class: tagClass };
  const given = Object.fromEntries(Object.entries(common).filter(([, value]) => value !== undefined));
  return Object.freeze({
    [brand]: instance,
    source: snapshot(source),
    options: Object.freeze(given as RuleOptions),
    site: captureSite(),
  });
}

/** Whether a value is a rule, and whether this copy of the package made it. */
export const tagRuleMark = (value: unknown): "ours" | "foreign" | undefined => branded(value, brand);

/** Text may be written as `/…/flags`, as metadata-action takes it. */
export function expressionOf(pattern: RegExp | string): Expression {
  if (typeof pattern !== "string") return { source: pattern.source, flags: pattern.flags };
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(pattern) ?? [];
  return source === undefined ? { source: pattern, flags: "" } : { source, flags: flags ?? "" };
}

const commonNames = ["enable", "priority", "prefix", "suffix", "class"];

/**
 * A rule from a function of this page. What is no options, or an option that the rule does not have, is told when tags are
 * made, together with what else is wrong.
 */
function rule<Options extends RuleOptions>(
  name: string,
  own: readonly (keyof Options & string)[],
  options: Options,
  source: (options: Options) => TagSource,
): TagRule {
  const invalid = (why: string): TagRule => makeRule({ type: "invalid", line: `${name}(…)`, why });
  const given: unknown = options;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return invalid(`it takes options, such as ${name}({ prefix: "v" }), and ${typeof given} is none`);
  const names = [...own, ...commonNames];
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown !== undefined)
    return invalid(`it has no option ${JSON.stringify(unknown)}; it has ${names.join(", ")}`);
  return makeRule(source(options), options);
}

const versionRule = (type: "semver" | "pep440", options: VersionRuleOptions): TagRule =>
  rule(type, ["patterns", "value", "match"], options, ({ patterns = versionPatterns, value, match }) => {
    return { type, patterns, value, match: match === undefined ? undefined : expressionOf(match) };
  });

/**
 * Tags of a semantic version: that of the release's tag (`v1.2.3`, `api-v1.2.3`, `@acme/api@1.2.3`) or of a release tool.
 * The version's own tag is immutable, `1.2` and `1` are rolling; a pre-release gives its version only.
 * @example semver()
 * @example semver({ patterns: ["{{version}}", "{{major}}"], prefix: "v" })
 */
export const semver = (options: VersionRuleOptions = {}): TagRule => versionRule("semver", options);

/** The same for versions of Python packages: `1.2.post1`, `2.0rc1`. */
export const pep440 = (options: VersionRuleOptions = {}): TagRule => versionRule("pep440", options);

/**
 * What a group of a regular expression finds in the release's tag.
 * @example match(/^release-(\d{8})$/, { group: 1 })
 */
export function match(
  pattern: RegExp | string,
  options: RuleOptions & { readonly group?: number | string; readonly value?: string } = {},
): TagRule {
  return rule("match", ["group", "value"], options, ({ group = 0, value }) => {
    return { type: "match", pattern: expressionOf(pattern), group, value };
  });
}

/** The branch: rolling; `/` becomes `-`. */
export const branch = (options: RuleOptions = {}): TagRule =>
  rule("branch", [], options, () => ({ type: "branch" }));
/** The git tag as it is: immutable. */
export const tag = (options: RuleOptions = {}): TagRule => rule("tag", [], options, () => ({ type: "tag" }));
/** `pr-N` for a pull request: rolling. */
export const pr = (options: RuleOptions = {}): TagRule => rule("pr", [], options, () => ({ type: "pr" }));

/** `sha-` and the commit, 7 digits unless `format` is `"long"`: immutable. */
export const sha = (options: RuleOptions & { readonly format?: "short" | "long" } = {}): TagRule =>
  rule("sha", ["format"], options, ({ format = "short" }) => ({ type: "sha", format }));

/** In scheduled runs: `nightly` unless a pattern is given, which may hold dates. Rolling. */
export const schedule = (options: RuleOptions & { readonly pattern?: string } = {}): TagRule =>
  rule("schedule", ["pattern"], options, ({ pattern = "nightly" }) => ({ type: "schedule", pattern }));

/** `edge` on the default branch, or on the one that is named. Rolling. */
export const edge = (options: RuleOptions & { readonly branch?: string } = {}): TagRule =>
  rule("edge", ["branch"], options, ({ branch }) => ({ type: "edge", branch }));

/**
 * A literal tag, which may hold expressions. Rolling unless said otherwise.
 * @example raw("{{date 'YYYYMMDD'}}-{{sha}}", { class: "immutable" })
 */
export const raw = (value: string, options: RuleOptions = {}): TagRule =>
  rule("raw", [], options, () => ({ type: "raw", value }));

/** As `semver`, with the version of the image's package: `.docker-version`, release-please's manifest or package.json. */
export const packageVersion = (
  options: RuleOptions & { readonly patterns?: readonly string[] } = {},
): TagRule =>
  rule("packageVersion", ["patterns"], options, ({ patterns = versionPatterns }) => {
    return { type: "package", patterns };
  });

/** The release tool's channel, else the name of a pre-release: `next`, `beta`. Rolling. */
export const channel = (options: RuleOptions = {}): TagRule =>
  rule("channel", [], options, () => ({ type: "channel" }));
