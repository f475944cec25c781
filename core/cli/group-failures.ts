import { formatPlace } from "../errors/place.ts";
import type { TsdockError } from "../errors/tsdock-error.ts";

/** Failures that have one reason, most likely: a helper's mistake is in every image that is made with it. */
export interface FailureGroup {
  readonly first: TsdockError;
  readonly others: readonly TsdockError[];
}

/** So many of one kind are worth showing in full. */
const few = 3;
const longestList = 10;

/**
 * Brings together errors of one code that say the same in several places, or something similar of one place. What they
 * have below their message (the log of a step) has to be the same too: it would be lost otherwise.
 */
export function groupFailures(errors: readonly TsdockError[]): readonly FailureGroup[] {
  const groups: { first: TsdockError; others: TsdockError[] }[] = [];
  const known = new Map<string, (typeof groups)[number]>();
  for (const error of new Map(errors.map((error) => [identityOf(error), error])).values()) {
    const keys = keysOf(error);
    const group = keys.map((key) => known.get(key)).find((one) => one !== undefined);
    const joined = group ?? { first: error, others: [] };
    if (group === undefined) groups.push(joined);
    else group.others.push(error);
    for (const key of keys) known.set(key, joined);
  }
  return groups.flatMap((group) =>
    group.others.length < few
      ? [group.first, ...group.others].map((first) => ({ first, others: [] }))
      : [group],
  );
}

/** One mistake that several steps come upon is told once. */
const identityOf = ({ code, message, details, place }: TsdockError): string =>
  JSON.stringify([code, message, details, place]);

function keysOf({ code, message, details, place }: TsdockError): readonly string[] {
  const same = JSON.stringify([code, details, "message", message]);
  if (place === undefined) return [same];
  return [same, JSON.stringify([code, details, "place", formatPlace(place)])];
}

/** The others of a group, each in one line; the last says how many are left out. */
export function describeOthers({ first, others }: FailureGroup): readonly string[] {
  const lines = others.map((other) => difference(first, other)).filter((line) => line !== undefined);
  const shown = [...new Set(lines)];
  const listed = shown.slice(0, longestList).map((line) => `  ${line}`);
  const left = shown.length - listed.length;
  return [
    `the same ${others.length} times more${listed.length === 0 ? "" : ":"}`,
    ...listed,
    ...(left === 0 ? [] : [`  … and ${left} more`]),
  ];
}

/** What one has that the first has not; undefined where nothing shows. */
function difference(first: TsdockError, other: TsdockError): string | undefined {
  const place = other.place === undefined ? undefined : formatPlace(other.place);
  const elsewhere = place !== undefined && (first.place === undefined || formatPlace(first.place) !== place);
  const parts = [
    ...(other.message === first.message ? [] : [other.message]),
    ...(elsewhere ? [`at ${place}`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(" ");
}
