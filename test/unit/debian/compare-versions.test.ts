import { spawnSync } from "node:child_process";
import fs from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions, versionMatches } from "../../../plugins/debian/control/compare-versions.ts";

/** In rising order: every version is older than all that follow. */
const rising = [
  ["0~~", "0~~a", "0~", "0", "0a", "0.1"],
  [
    "1.0~rc1-1",
    "1.0-1~bpo1",
    "1.0-1",
    "1.0-1+b1",
    "1.0-1+deb12u1",
    "1.0-1.1",
    "1.0-2",
    "1.0+git-1",
    "1.0.1-1",
  ],
  ["2.0", "1:0.1", "1:1.0", "2:0"],
  ["1a", "1b", "1.", "1.9", "1.10", "10"],
];

const equal: [string, string][] = [
  ["1.0", "1.0-0"],
  ["1.0", "0:1.0"],
  ["1.00", "1.0"],
  ["1.001-01", "1.1-1"],
];

const version = fc
  .tuple(
    fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    fc.string({ unit: fc.constantFrom("0", "1", "9", "a", "Z", ".", "+", "~"), minLength: 0, maxLength: 6 }),
    fc.option(
      fc.string({ unit: fc.constantFrom("0", "1", "b", "+", "~", "."), minLength: 1, maxLength: 4 }),
      {
        nil: undefined,
      },
    ),
  )
  .map(
    ([epoch, upstream, revision]) =>
      `${epoch === undefined ? "" : `${epoch}:`}1${upstream}${revision === undefined ? "" : `-${revision}`}`,
  );

describe("versions", () => {
  for (const versions of rising) {
    it(`rise: ${versions.join(" < ")}`, () => {
      for (const [index, older] of versions.entries()) {
        for (const newer of versions.slice(index + 1)) {
          expect(compareVersions(older, newer), `${older} < ${newer}`).toBeLessThan(0);
          expect(compareVersions(newer, older), `${newer} > ${older}`).toBeGreaterThan(0);
        }
      }
    });
  }

  it.each(equal)("%s and %s are equal", (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
  });

  it("are ordered totally", () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        const [x, y, z] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(x, z)).toBeLessThanOrEqual(0);
        expect(compareVersions(x, y)).toBeLessThanOrEqual(0);
        expect(compareVersions(y, z)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it("match what relations ask for", () => {
    expect(versionMatches("1.0", ">=", "1.0")).toBe(true);
    expect(versionMatches("1.0", ">>", "1.0")).toBe(false);
    expect(versionMatches("1.0", "<<", "1.0")).toBe(false);
    expect(versionMatches("1.0", "<=", "1.0")).toBe(true);
    expect(versionMatches("1.0-1", "=", "1.0")).toBe(false);
  });

  it.skipIf(!fs.existsSync("/usr/bin/dpkg"))("are ordered as dpkg orders them", () => {
    const pairs = fc.sample(fc.tuple(version, version), { numRuns: 200, seed: 7 });
    const script = pairs
      .map(
        ([a, b]) =>
          `if dpkg --compare-versions '${a}' lt '${b}'; then echo -1; elif dpkg --compare-versions '${a}' eq '${b}'; then echo 0; else echo 1; fi`,
      )
      .join("\n");
    const { stdout } = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8" });
    const theirs = stdout.trim().split("\n").map(Number);
    expect(pairs.map(([a, b]) => Math.sign(compareVersions(a, b)))).toEqual(theirs);
  });
});
