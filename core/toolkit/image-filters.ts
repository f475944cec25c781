import { TsdockError } from "../errors/tsdock-error.ts";
import type { ImageConfig } from "../oci/spec/image-config.ts";
import { familiarReference, parseReference } from "../oci/spec/reference.ts";
import { pathMatcher } from "../util/path-match.ts";

/** What filters look at in an image. */
export interface FilteredImage {
  /** `NAME:TAG`; undefined for a dangling image. */
  readonly name: string | undefined;
  readonly config: ImageConfig | undefined;
  /** Milliseconds since 1970: when it was created, or built here; undefined where nobody knows. */
  readonly time: number | undefined;
}

export type ImageFilter = (image: FilteredImage) => boolean;

/** Finds the time of an image that a filter names. */
export type TimeOfImage = (text: string) => Promise<number | undefined>;

const hint =
  "write reference=PATTERN, dangling=true, label=KEY[=VALUE], before=IMAGE, since=IMAGE or until=24h";

/** `--filter KEY=VALUE`, all of them: values of one key are alternatives, except labels. Error `FILTER_INVALID`. */
export async function imageFilter(filters: readonly string[], timeOf: TimeOfImage): Promise<ImageFilter> {
  const byKey = new Map<string, string[]>();
  for (const text of filters) {
    const at = text.indexOf("=");
    if (at <= 0) throw new TsdockError("FILTER_INVALID", `--filter ${text} is not KEY=VALUE`, { hint });
    const key = text.slice(0, at);
    byKey.set(key, [...(byKey.get(key) ?? []), text.slice(at + 1)]);
  }
  const tests: ImageFilter[] = [];
  for (const [key, values] of byKey) {
    const one = await Promise.all(values.map((value) => filterOf(key, value, timeOf)));
    tests.push(
      key === "label"
        ? (image) => one.every((test) => test(image))
        : (image) => one.some((test) => test(image)),
    );
  }
  return (image) => tests.every((test) => test(image));
}

async function filterOf(key: string, value: string, timeOf: TimeOfImage): Promise<ImageFilter> {
  switch (key) {
    case "reference":
      return referenceFilter(value);
    case "dangling":
      return danglingFilter(value);
    case "label":
      return labelFilter(value);
    case "before": {
      const limit = await timeOf(value);
      return ({ time }) => limit !== undefined && time !== undefined && time < limit;
    }
    case "since": {
      const limit = await timeOf(value);
      return ({ time }) => limit !== undefined && time !== undefined && time > limit;
    }
    case "until": {
      const limit = parseUntil(value, Date.now());
      return ({ time }) => time !== undefined && time < limit;
    }
    default:
      throw new TsdockError("FILTER_INVALID", `there is no filter ${key}`, { hint });
  }
}

/** Matches `NAME:TAG` or `NAME` with the wildcards of a shell; a name alone is every tag of it. */
export function referenceFilter(pattern: string): ImageFilter {
  const matches = pathMatcher(pattern);
  if (matches === undefined)
    throw new TsdockError("FILTER_INVALID", `${pattern} is no pattern: a bracket is not closed`, { hint });
  return ({ name }) => {
    if (name === undefined) return false;
    return [name, name.slice(0, name.lastIndexOf(":"))].some(matches);
  };
}

/** The positional argument of `image ls`: a repository or `REPOSITORY:TAG` as people write it, or a pattern. */
export const repositoryFilter = (text: string): ImageFilter =>
  referenceFilter(/[*?[\\]/.test(text) ? text : familiarReference(parseReference(text)));

function danglingFilter(value: string): ImageFilter {
  if (!["true", "1", "false", "0"].includes(value))
    throw new TsdockError("FILTER_INVALID", `dangling is true or false, not ${JSON.stringify(value)}`, {
      hint,
    });
  const wanted = value === "true" || value === "1";
  return ({ name }) => (name === undefined) === wanted;
}

function labelFilter(text: string): ImageFilter {
  const at = text.indexOf("=");
  const [key, value] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  return ({ config }) => {
    const labels = config?.config?.Labels ?? {};
    return Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
  };
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `24h`, `1h30m`: so long ago; else a date, or seconds since 1970. Error `FILTER_INVALID`. */
export function parseUntil(text: string, now: number): number {
  if (/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
    return now - parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (unitMs[unit] ?? 0), 0);
  }
  const time = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new TsdockError("FILTER_INVALID", `until=${text} is neither a duration nor a time`, {
    hint: "write until=24h or until=2030-01-31T12:00:00Z",
  });
}
