/** What a release is called, in one of the two schemes. */
export interface Version {
  readonly scheme: "semver" | "pep440";
  /** In its normal form: `1.2.3`, `1.2.post1`. Build metadata and local labels are not in it. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Neither pre-release nor, in pep440, post or development release. */
  readonly stable: boolean;
  /** What its pre-release is called: `beta` of `2.0.8-beta.67`. */
  readonly channel: string | undefined;
  /** Compared item by item: numbers before texts. */
  readonly order: readonly (number | string)[];
}

/** Negative if `a` is older than `b`. Both are of one scheme. */
export function compareVersions(a: Version, b: Version): number {
  for (let at = 0; at < Math.max(a.order.length, b.order.length); at += 1) {
    const [left, right] = [a.order[at], b.order[at]];
    // The shorter list of equal beginning is older.
    if (left === undefined || right === undefined) return left === right ? 0 : left === undefined ? -1 : 1;
    if (left === right) continue;
    if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}
