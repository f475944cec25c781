import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PackageRecord } from "../../../plugins/debian/archive/package-record.ts";
import { packageUniverse } from "../../../plugins/debian/archive/package-universe.ts";
import { parsePackages } from "../../../plugins/debian/archive/parse-packages.ts";
import { closePackages } from "../../../plugins/debian/closure/close.ts";
import { satisfies } from "../../../plugins/debian/closure/satisfies.ts";
import { parseRelations } from "../../../plugins/debian/control/relations.ts";

const record = (name: string, fields: Partial<PackageRecord> = {}): PackageRecord => ({
  name,
  version: "1",
  architecture: "amd64",
  essential: false,
  multiArch: "",
  priority: "optional",
  preDepends: "",
  depends: "",
  provides: "",
  conflicts: "",
  breaks: "",
  filename: `pool/${name}.deb`,
  size: 1,
  sha256: "0".repeat(64),
  archive: "release",
  ...fields,
});

const close = (records: PackageRecord[], packages: string[], essential = false): string[] =>
  closePackages(packages, essential, packageUniverse("amd64", records)).map(
    ({ name, version }) => `${name}_${version}`,
  );

describe("the closure", () => {
  it("has what is needed, in circles too, and nothing else", () => {
    const all = [
      record("a", { depends: "b" }),
      record("b", { preDepends: "c", depends: "a" }),
      record("c"),
      record("d"),
    ];
    expect(close(all, ["a"])).toEqual(["a_1", "b_1", "c_1"]);
  });

  it("takes the newest version, unless one is held", () => {
    const all = [record("a", { version: "1.9" }), record("a", { version: "1.10", archive: "security" })];
    expect(close(all, ["a"])).toEqual(["a_1.10"]);
    expect(close(all, ["a=1.9"])).toEqual(["a_1.9"]);
    expect(() => close(all, ["a=2"])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("1.10, 1.9") as string }),
    );
  });

  it("prefers the first alternative, but what is there anyway before it", () => {
    const all = [record("a", { depends: "x | y" }), record("x"), record("y"), record("b", { depends: "y" })];
    expect(close(all, ["a"])).toEqual(["a_1", "x_1"]);
    expect(close(all, ["a", "b"])).toEqual(["a_1", "b_1", "y_1"]);
    // y comes only because of something that is looked at later
    expect(close([...all, record("z", { depends: "a, q" }), record("q", { depends: "y" })], ["z"])).toEqual([
      "a_1",
      "q_1",
      "y_1",
      "z_1",
    ]);
  });

  it("chooses among providers by priority, then by name", () => {
    const all = [
      record("a", { depends: "mail" }),
      record("m2", { provides: "mail" }),
      record("m1", { provides: "mail" }),
      record("m3", { provides: "mail (= 3)", priority: "important" }),
    ];
    expect(close(all, ["a"])).toEqual(["a_1", "m3_1"]);
    expect(close(all.slice(0, 3), ["a"])).toEqual(["a_1", "m1_1"]);
    expect(close([record("b", { depends: "mail (>= 2)" }), ...all], ["b"])).toEqual(["b_1", "m3_1"]);
  });

  it("heeds :any and architectures", () => {
    const all = [
      record("a", { depends: "p:any" }),
      record("p", { multiArch: "allowed" }),
      record("b", { depends: "q:any" }),
      record("q", { multiArch: "same" }),
      record("c", { depends: "q:arm64" }),
      record("foreign", { architecture: "arm64" }),
    ];
    expect(close(all, ["a"])).toEqual(["a_1", "p_1"]);
    expect(() => close(all, ["b"])).toThrow(expect.objectContaining({ code: "DEBIAN_UNSATISFIABLE" }));
    expect(() => close(all, ["c"])).toThrow(expect.objectContaining({ code: "DEBIAN_UNSATISFIABLE" }));
    expect(() => close(all, ["foreign"])).toThrow(/no package foreign for amd64/);
  });

  it("goes back on a choice that leads into a conflict", () => {
    const all = [
      record("a", { depends: "x | y, z" }),
      record("x", { depends: "w | v" }),
      record("w", { conflicts: "z" }),
      record("v", { breaks: "z (<< 2)" }),
      record("y"),
      record("z"),
    ];
    expect(close(all, ["a"])).toEqual(["a_1", "y_1", "z_1"]);
  });

  it("does not hold what a package provides against itself", () => {
    expect(close([record("a", { provides: "mta", conflicts: "mta" })], ["a"])).toEqual(["a_1"]);
    expect(() =>
      close(
        [record("a", { provides: "mta", conflicts: "mta" }), record("b", { provides: "mta" })],
        ["a", "b"],
      ),
    ).toThrow(/a conflicts with mta, which is b 1/);
  });

  it("says who needs whom where it cannot be had", () => {
    const all = [record("a", { depends: "b" }), record("b", { depends: "c (>= 2)" }), record("c")];
    expect(() => close(all, ["a"])).toThrow(
      expect.objectContaining({
        details: "a was asked for\na needs b\nb needs c (>= 2)\nno package of the indices is that",
      }),
    );
  });

  it("refuses a virtual package with several providers and names them", () => {
    const all = [record("m1", { provides: "mail" }), record("m2", { provides: "mail" })];
    expect(() => close(all, ["mail"])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("m1, m2") as string }),
    );
    expect(close(all.slice(0, 1), ["mail"])).toEqual(["m1_1"]);
  });

  it("begins with the essential packages where a base is wanted", () => {
    const all = [record("a"), record("e", { essential: true, depends: "l" }), record("l")];
    expect(close(all, ["a"], true)).toEqual(["a_1", "e_1", "l_1"]);
    expect(close(all, ["a"], false)).toEqual(["a_1"]);
  });
});

const names = ["a", "b", "c", "d", "e", "f", "g"];
const relation = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.constantFrom("virtual", "a (>= 2)", "b (<< 2)", "a | b", "virtual | c") },
);
const universe = fc.tuple(
  ...names.map((name) =>
    fc.record({
      name: fc.constant(name),
      version: fc.constantFrom("1", "2"),
      depends: fc.array(relation, { maxLength: 3 }).map((list) => list.join(", ")),
      conflicts: fc.oneof(
        { weight: 4, arbitrary: fc.constant("") },
        { weight: 1, arbitrary: fc.constantFrom(...names) },
      ),
      provides: fc.constantFrom("", "", "virtual"),
    }),
  ),
);

describe("any closure", () => {
  const build = (parts: readonly Partial<PackageRecord>[]) =>
    parts.map((part) => record(part.name ?? "", part));

  it("is closed, free of conflicts, and the same in any order of the indices", () => {
    fc.assert(
      fc.property(universe, fc.subarray(names, { minLength: 1 }), (parts, packages) => {
        const records = build(parts);
        let closed: PackageRecord[];
        try {
          closed = closePackages(packages, false, packageUniverse("amd64", records));
        } catch (error) {
          expect(error).toMatchObject({ code: "DEBIAN_UNSATISFIABLE" });
          return;
        }
        for (const chosen of closed) {
          for (const group of parseRelations(chosen.depends)) {
            expect(group.some((need) => closed.some((other) => satisfies(other, need, "amd64")))).toBe(true);
          }
          for (const conflict of parseRelations(chosen.conflicts).flat()) {
            expect(closed.some((other) => other !== chosen && satisfies(other, conflict, "amd64"))).toBe(
              false,
            );
          }
        }
        const again = closePackages(
          [...packages].reverse(),
          false,
          packageUniverse("amd64", [...records].reverse()),
        );
        expect(again).toEqual(closed);
      }),
      { numRuns: 300 },
    );
  });

  it("is found where there is one at all", () => {
    fc.assert(
      fc.property(universe, fc.subarray(names, { minLength: 1, maxLength: 2 }), (parts, packages) => {
        const records = build(parts);
        const consistent = (set: PackageRecord[]): boolean =>
          packages.every((name) => set.some((one) => one.name === name)) &&
          set.every(
            (one) =>
              parseRelations(one.depends).every((group) =>
                group.some((need) => set.some((other) => satisfies(other, need, "amd64"))),
              ) &&
              !parseRelations(one.conflicts)
                .flat()
                .some((need) => set.some((other) => other !== one && satisfies(other, need, "amd64"))),
          );
        const possible = Array.from({ length: 2 ** records.length }, (_, bits) =>
          records.filter((_one, index) => (bits >> index) & 1),
        ).some(consistent);
        const find = () => closePackages(packages, false, packageUniverse("amd64", records));
        if (possible) expect(consistent(find())).toBe(true);
        else expect(find).toThrow();
      }),
      { numRuns: 100 },
    );
  });
});

describe("a Packages index", () => {
  const text = `Package: a
Version: 1
Architecture: amd64
Description: Depends: nothing
 Package: not this
Depends: b,
 c (>= 1)
Filename: ./pool/a.deb
Size: 12
SHA256: ${"a".repeat(64)}

Package: e
Version: 2
Essential: yes
Architecture: all
Filename: pool/e.deb
Size: 3
SHA256: ${"b".repeat(64)}`;

  it("is read with folded fields and without those that do not matter", () => {
    const [a, e, ...rest] = parsePackages(Buffer.from(text), "security", "test");
    expect(rest).toEqual([]);
    expect(a).toMatchObject({
      name: "a",
      filename: "pool/a.deb",
      size: 12,
      archive: "security",
      essential: false,
    });
    expect(parseRelations(a?.depends ?? "")).toHaveLength(2);
    expect(e).toMatchObject({ name: "e", essential: true, depends: "" });
  });

  it("is refused where a file would lie outside of the mirror or has no checksum", () => {
    for (const [from, to] of [
      ["./pool/a.deb", "../a.deb"],
      ["./pool/a.deb", "/a.deb"],
      ["SHA256", "MD5sum"],
    ] as const) {
      expect(() => parsePackages(Buffer.from(text.replace(from, to)), "release", "test")).toThrow(
        expect.objectContaining({ code: "DEBIAN_INDEX_INVALID" }),
      );
    }
  });
});
