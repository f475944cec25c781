import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../core/util/json.ts";
import { busyboxApplets } from "../../../plugins/debian/image/busybox-links.ts";
import { layerGroups } from "../../../plugins/debian/image/layer-groups.ts";
import { mergedLinks, mergedPath } from "../../../plugins/debian/image/merged-usr.ts";
import { type LockedPackage, readLock } from "../../../plugins/debian/lock.ts";
import { debian, type DebianOptions, debianPlugin } from "../../../plugins/debian/index.ts";
import { workspaceFiles } from "../../support/source-context.ts";

const locked = (name: string, size = 1000, base = false): LockedPackage => ({
  name,
  version: "1",
  file: `pool/${name}.deb`,
  sha256: "0".repeat(64),
  size,
  ...(base ? { base: true } : {}),
});

const packages = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    size: fc.integer({ min: 100, max: 9_000_000 }),
    base: fc.boolean(),
  }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 200 },
);

describe("groups of packages", () => {
  it("hold every package once, in few layers, in any order of the list", () => {
    fc.assert(
      fc.property(packages, (list) => {
        const all = list.map(({ name, size, base }) => locked(name, size, base));
        const groups = layerGroups(all);
        expect(groups.flatMap((group) => group.packages.map(({ name }) => name)).sort()).toEqual(
          all.map(({ name }) => name).sort(),
        );
        expect(groups.length).toBeLessThanOrEqual(28);
        expect(layerGroups([...all].reverse())).toEqual(groups);
      }),
    );
  });

  it("change in one place when a small package is added", () => {
    fc.assert(
      fc.property(packages, fc.stringMatching(/^[0-9]{3}$/), (list, name) => {
        const all = list.map((one) => locked(one.name, one.size, one.base));
        const before = new Set(layerGroups(all).map((group) => JSON.stringify(group)));
        const changed = layerGroups([...all, locked(name)]).filter(
          (group) => !before.has(JSON.stringify(group)),
        );
        expect(changed).toHaveLength(1);
      }),
    );
  });
});

describe("the layout", () => {
  it("has the old directories in /usr", () => {
    expect(["bin/sh", "bin", "lib64/ld.so", "usr/bin/x", "binary/x", "etc/bin/x"].map(mergedPath)).toEqual([
      "usr/bin/sh",
      "usr/bin",
      "usr/lib64/ld.so",
      "usr/bin/x",
      "binary/x",
      "etc/bin/x",
    ]);
    expect(mergedLinks(["usr/libx32/a"], "amd64")).toEqual(["bin", "lib", "lib64", "libx32", "sbin"]);
    expect(mergedLinks([], "arm64")).toEqual(["bin", "lib", "sbin"]);
  });
});

describe("busybox", () => {
  it("tells its applets", () => {
    const binary = Buffer.from(
      "\u007fELF...\0[\0[[\0not a Name\0\0....\0[\0[[\0ash\0cat\0sh\0zcat\0\0....",
      "latin1",
    );
    expect(busyboxApplets(binary)).toEqual(["[", "[[", "ash", "cat", "sh", "zcat"]);
    // Debian 13 has a byte of other data in front of the table.
    expect(busyboxApplets(Buffer.from("\u00ae [\0[[\0ash\0sh\0zcat\0\0", "latin1"))).toEqual([
      "[",
      "[[",
      "ash",
      "sh",
      "zcat",
    ]);
    expect(() => busyboxApplets(Buffer.from("no table"))).toThrow(
      expect.objectContaining({ code: "DEBIAN_PACKAGE_INVALID" }),
    );
  });
});

describe("debian()", () => {
  const platform = { os: "linux", architecture: "amd64" };
  const keyOf = (options: DebianOptions) =>
    debianPlugin.lockKey(debian(options).spec, platform, workspaceFiles("/"));

  it("is the same source however its packages are ordered", () => {
    expect(debian({ packages: ["b", "a", "b"] }).spec).toEqual(
      debian({ packages: ["a", "b"], components: ["main"] }).spec,
    );
    expect(keyOf({ packages: ["b", "a"] })).toBe(keyOf({ packages: ["a", "b"] }));
    expect(keyOf({ packages: ["a"] })).not.toBe(keyOf({ packages: ["a"], configure: true }));
  });

  const wrong: [string, DebianOptions][] = [
    ["no packages", { packages: [] }],
    ["a name that is none", { packages: ["Foo Bar"] }],
    ["configure without dpkg", { packages: ["a"], configure: true, essential: false }],
    ["links without busybox", { packages: ["bash"], busyboxLinks: true }],
    ["a mirror that is no URL", { packages: ["a"], mirror: "ftp.registry.example" }],
    ["a relative pattern", { packages: ["a"], exclude: ["usr/share/doc"] }],
    ["a relative keyring", { packages: ["a"], keyring: "key.gpg" }],
    ["a suite that is a path", { packages: ["a"], suite: "../x" }],
  ];
  it.each(wrong)("refuses %s", (_what, options) => {
    expect(() => debian(options)).toThrow(
      expect.objectContaining({ code: "DEBIAN_OPTIONS", hint: expect.any(String) as string }),
    );
  });
});

describe("a lock entry", () => {
  const entry = {
    suite: "bookworm",
    arch: "amd64",
    date: "2026-01-01T00:00:00.000Z",
    packages: [locked("a", 5, true), { ...locked("b"), archive: "security" }],
  };

  it("is read back as it was written", () => {
    expect(readLock(JSON.parse(JSON.stringify(entry)) as Json)).toEqual(entry);
  });

  it.each([
    ["no list", { ...entry, packages: {} }],
    ["a path out of the mirror", { ...entry, packages: [{ ...locked("a"), file: "pool/../../x" }] }],
    ["an absolute path", { ...entry, packages: [{ ...locked("a"), file: "/x" }] }],
    ["a checksum that is none", { ...entry, packages: [{ ...locked("a"), sha256: "x" }] }],
    ["an archive that is not known", { ...entry, packages: [{ ...locked("a"), archive: "other" }] }],
  ])("with %s is refused", (_what, value) => {
    expect(() => readLock(JSON.parse(JSON.stringify(value)) as Json)).toThrow(
      expect.objectContaining({ code: "DEBIAN_LOCK_INVALID" }),
    );
  });
});
