const tilde = 126;
const zero = 48;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);

/** The weight of a character outside numbers: `~` before the end, the end before letters, letters before the rest. */
function weight(code: number): number {
  if (Number.isNaN(code) || isDigit(code)) return 0;
  if (code === tilde) return -1;
  return isLetter(code) ? code : code + 256;
}

/** The run of digits at `from`, without leading zeros, and where it ends. */
function numberAt(text: string, from: number): { digits: string; end: number } {
  let start = from;
  while (text.charCodeAt(start) === zero) start++;
  let end = start;
  while (isDigit(text.charCodeAt(end))) end++;
  return { digits: text.slice(start, end), end };
}

/** Compares upstream versions or revisions: alternating runs of other characters and numbers. */
function comparePart(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a.charCodeAt(i))) || (j < b.length && !isDigit(b.charCodeAt(j)))) {
      const difference = weight(a.charCodeAt(i)) - weight(b.charCodeAt(j));
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    const left = numberAt(a, i);
    const right = numberAt(b, j);
    if (left.digits.length !== right.digits.length) return left.digits.length - right.digits.length;
    if (left.digits !== right.digits) return left.digits < right.digits ? -1 : 1;
    i = left.end;
    j = right.end;
  }
  return 0;
}

function split(version: string): { epoch: string; upstream: string; revision: string } {
  const colon = version.indexOf(":");
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf("-");
  return {
    epoch: colon === -1 ? "" : version.slice(0, colon),
    upstream: dash === -1 ? rest : rest.slice(0, dash),
    revision: dash === -1 ? "" : rest.slice(dash + 1),
  };
}

/** Orders Debian versions as dpkg does (deb-version(7)): negative, 0 or positive. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = split(a);
  const right = split(b);
  return (
    comparePart(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  );
}

/** How a relation compares: `<<` and `>>` are strict. */
export type VersionOperator = "<<" | "<=" | "=" | ">=" | ">>";

/** Whether `version` stands in the relation `operator` to `wanted`. */
export function versionMatches(version: string, operator: VersionOperator, wanted: string): boolean {
  const order = compareVersions(version, wanted);
  switch (operator) {
    case "<<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "=":
      return order === 0;
    case ">=":
      return order >= 0;
    case ">>":
      return order > 0;
  }
}
