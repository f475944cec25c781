import * as v from "valibot";
import { tagsMistakes, type TagsMistake } from "../declare/tag-settings.ts";
import type { Place } from "../errors/place.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { nearestNames } from "../graph/nearest-names.ts";
import { configKeys, configSchema, futureKeys } from "./config-schema.ts";
import type { TsdockConfig } from "./define-config.ts";

/** Path of a value in the configuration: `["registries", "ghcr.io", "http"]`. */
export type ConfigPath = readonly string[];

/** The place of a value, or of a key where `key` is true; asked only for errors. */
export type ConfigPlace = (path: ConfigPath, part: "key" | "value") => Place | undefined;

/** Everything that is wrong with the shape of a configuration; nothing if it is a `TsdockConfig`. */
export function checkConfig(value: unknown, place: ConfigPlace): readonly TsdockError[] {
  const { issues = [] } = v.safeParse(configSchema, value);
  const errors = issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => String(key));
    const key = issue.path?.at(-1)?.origin === "key";
    const name = path.length === 0 ? "the configuration" : pathText(path);
    const got =
      path.length === 0 || key || typeof issue.input === "function" ? "" : `, and is ${shown(issue.input)}`;
    return new TsdockError("CONFIG_INVALID", `${name} ${issue.message}${got}`, {
      place: place(path, key ? "key" : "value"),
      hint: "the type of defineConfig() says what each option takes; an editor shows it",
    });
  });
  return [
    ...errors,
    ...tagErrors(value, place),
    ...unknownKeys(value, []).map((path) => unknownKey(path, place)),
  ];
}

/** What is wrong with the tags of the workspace and of its groups. */
function tagErrors(value: unknown, place: ConfigPlace): readonly TsdockError[] {
  if (typeof value !== "object" || value === null) return [];
  const { tags, groups } = value as { readonly tags?: unknown; readonly groups?: unknown };
  const ofGroups = Object.entries(isRecord(groups) ? groups : {}).map(
    ([name, group]) => [["groups", name, "tags"], isRecord(group) ? group.tags : undefined] as const,
  );
  return [[["tags"], typeof tags === "function" ? undefined : tags] as const, ...ofGroups].flatMap(
    ([path, option]) =>
      option === undefined ? [] : tagsMistakes(option).map((mistake) => tagError(path, mistake, place)),
  );
}

function tagError(base: ConfigPath, { path, message }: TagsMistake, place: ConfigPlace): TsdockError {
  const whole = [...base, ...path];
  return new TsdockError("CONFIG_INVALID", `${pathText(whole)} ${message}`, { place: place(whole, "value") });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Paths of keys that no object of the configuration has. */
function unknownKeys(value: unknown, path: ConfigPath): readonly ConfigPath[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const free = path.length === 1 && namedObjects.has(path[0] ?? "");
  const known = free ? undefined : configKeys[objectPattern(path)];
  if (known === undefined && !free) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const at = [...path, key];
    return known === undefined || known.includes(key) ? unknownKeys(member, at) : [at];
  });
}

/** A value that `checkConfig` found nothing wrong with. */
export const asConfig = (value: unknown): TsdockConfig => v.parse(configSchema, value) as TsdockConfig;

function unknownKey(path: ConfigPath, place: ConfigPlace): TsdockError {
  const text = pathText(path);
  const where = place(path, "key");
  if (futureKeys.has(text)) {
    const hint = `remove ${text}: it would have no effect`;
    return new TsdockError("CONFIG_UNSUPPORTED", `${text} is not supported yet in this version`, {
      place: where,
      hint,
    });
  }
  const known = configKeys[objectPattern(path.slice(0, -1))] ?? [];
  const near = nearestNames(path.at(-1) ?? "", known)[0];
  const hint = near === undefined ? `known here: ${known.join(", ")}` : `did you mean ${near}?`;
  return new TsdockError("CONFIG_INVALID", `${text} is not an option`, { place: where, hint });
}

/** Objects whose keys are names that the user gives. */
const namedObjects: ReadonlySet<string> = new Set(["registries", "groups"]);

/** The name in `configKeys` of the object at a path. */
const objectPattern = (path: ConfigPath): string =>
  namedObjects.has(path[0] ?? "") && path.length === 2 ? `${path[0] ?? ""}.*` : path.join(".");

/** `registries["ghcr.io"].http` */
const pathText = (path: ConfigPath): string =>
  path
    .map((key) =>
      /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : /^\d+$/.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`,
    )
    .join("")
    .replace(/^\./, "");

function shown(value: unknown): string {
  const text = value === undefined || typeof value === "function" ? typeof value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
