/** Node's released versions: three numbers. Pre-releases are never chosen. */
export type Version = readonly [major: number, minor: number, patch: number];

export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(text.trim());
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

export type VersionTest = (version: Version) => boolean;

/** A version of which the last parts may be absent, or `x`, `X`, `*`. */
type Partial = readonly number[];

function parsePartial(text: string): Partial | undefined {
  const plain = text.replace(/^[v=\s]+/, "").replace(/[-+].*$/, "");
  if (plain === "" || /^[xX*]$/.test(plain)) return [];
  if (!/^(?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2}$/.test(plain)) return undefined;
  const parts = plain.split(".");
  const open = parts.findIndex((part) => !/^\d+$/.test(part));
  return (open < 0 ? parts : parts.slice(0, open)).map(Number);
}

const low = ([major = 0, minor = 0, patch = 0]: Partial): Version => [major, minor, patch];
/** The first version that is not within a partial one any more; undefined where every version is. */
function above(partial: Partial): Version | undefined {
  const [major, minor, patch] = partial;
  if (major === undefined) return undefined;
  if (minor === undefined) return [major + 1, 0, 0];
  return patch === undefined ? [major, minor + 1, 0] : [major, minor, patch + 1];
}

const atLeast =
  (bound: Version): VersionTest =>
  (version) =>
    compareVersions(version, bound) >= 0;
const below =
  (bound: Version | undefined): VersionTest =>
  (version) =>
    bound === undefined || compareVersions(version, bound) < 0;
const all =
  (tests: readonly VersionTest[]): VersionTest =>
  (version) =>
    tests.every((test) => test(version));

/** `^0.2.3` keeps the first number that is not 0. */
function caret(partial: Partial): Version | undefined {
  const [major, minor, patch] = partial;
  if (major === undefined) return undefined;
  if (major > 0 || minor === undefined) return [major + 1, 0, 0];
  if (minor > 0 || patch === undefined) return [0, minor + 1, 0];
  return [0, 0, patch + 1];
}

function comparator(operator: string, partial: Partial): VersionTest {
  switch (operator) {
    case ">=":
      return atLeast(low(partial));
    case "<":
      return below(low(partial));
    case ">": {
      const bound = above(partial);
      return bound === undefined ? () => false : atLeast(bound);
    }
    case "<=":
      return below(above(partial));
    case "^":
      return all([atLeast(low(partial)), below(caret(partial))]);
    case "~":
    case "~>":
      return all([atLeast(low(partial)), below(above(partial.slice(0, 2)))]);
    default:
      return all([atLeast(low(partial)), below(above(partial))]);
  }
}

function parseSet(text: string): VersionTest | undefined {
  const [, from, to] = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) {
    const [first, last] = [parsePartial(from), parsePartial(to)];
    return first === undefined || last === undefined
      ? undefined
      : all([atLeast(low(first)), below(above(last))]);
  }
  const words = text
    .replace(/(>=|<=|>|<|=|\^|~>|~)\s+/g, "$1")
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  const tests = words.map((word) => {
    const [, operator = "", rest = ""] = /^(>=|<=|>|<|=|\^|~>|~)?(.*)$/.exec(word) ?? [];
    const partial = parsePartial(rest);
    return partial === undefined ? undefined : comparator(operator, partial);
  });
  return tests.every((test) => test !== undefined) ? all(tests) : undefined;
}

/** A range as npm writes it; undefined for what is none. Of pre-releases only the numbers count. */
export function parseRange(text: string): VersionTest | undefined {
  const sets = text.split("||").map(parseSet);
  return sets.every((set) => set !== undefined) ? (version) => sets.some((set) => set(version)) : undefined;
}
