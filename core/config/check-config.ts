import * as v from "valibot";
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
    });
  });
  return [...errors, ...unknownKeys(value, []).map((path) => unknownKey(path, place))];
}

/** Paths of keys that no object of the configuration has. */
function unknownKeys(value: unknown, path: ConfigPath): readonly ConfigPath[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const free = path.length === 1 && path[0] === "registries";
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

/** The name in `configKeys` of the object at a path. */
const objectPattern = (path: ConfigPath): string =>
  path[0] === "registries" && path.length === 2 ? "registries.*" : path.join(".");

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
