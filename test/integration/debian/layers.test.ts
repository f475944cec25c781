import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LayerEntry } from "../../../core/oci/layer/entry.ts";
import { build } from "../../../plugins/debian/build.ts";
import { type DebianOptions, normalizeOptions } from "../../../plugins/debian/options.ts";
import { resolve } from "../../../plugins/debian/resolve.ts";
import { type DebianMirror, debianMirror, type MirrorPackage } from "../../support/debian-mirror.ts";
import { directoryEntry, fileEntry, linkEntry } from "../../support/make-package.ts";
import { sourceContext, type TestSourceContext } from "../../support/source-context.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let mirror: DebianMirror;
let tmp: ReturnType<typeof temporaryDirectory>;
let context: TestSourceContext;

beforeEach(async () => {
  mirror = await debianMirror();
  tmp = temporaryDirectory();
  fs.writeFileSync(path.join(tmp.path, "key.asc"), mirror.publicKey);
  context = sourceContext(tmp.path, { platform: { os: "linux", architecture: "amd64" }, clampTime: 500 });
});
afterEach(async () => {
  await mirror[Symbol.asyncDispose]();
  await tmp[Symbol.asyncDispose]();
});

/** Builds and unpacks all layers, lowest first; gives the root and the digests. */
async function image(packages: readonly MirrorPackage[], options: Partial<DebianOptions> = {}) {
  await mirror.publish("test", packages);
  const spec = normalizeOptions({
    packages: packages.map(({ name }) => name),
    suite: "test",
    mirror: mirror.url,
    keyring: path.join(tmp.path, "key.asc"),
    ...options,
  });
  const result = await build(spec, await resolve(spec, context), context);
  const root = fs.mkdtempSync(path.join(tmp.path, "root-"));
  for (const { layer } of result.layers) {
    execFileSync("tar", ["-C", root, "--no-same-owner", "-p", "-xf", context.tarOf(layer.diffId)]);
  }
  return { root, result, read: (file: string) => fs.readFileSync(path.join(root, file), "utf8") };
}

const tree = (...files: string[]): LayerEntry[] => files.map((file) => fileEntry(file, file));

describe("an image of packages", () => {
  it("is laid out with /bin, /lib and /sbin in /usr", async () => {
    const { root, read } = await image([
      { name: "a", entries: tree("bin/one", "usr/bin/two", "lib64/ld.so") },
    ]);
    expect(fs.readlinkSync(path.join(root, "bin"))).toBe("usr/bin");
    expect(fs.readlinkSync(path.join(root, "lib64"))).toBe("usr/lib64");
    expect(read("usr/bin/one")).toBe("bin/one");
    expect(read("bin/two")).toBe("usr/bin/two");
    expect(fs.statSync(path.join(root, "tmp")).mode & 0o7777).toBe(0o1777);
    expect(read("etc/passwd")).toMatch(/^root:x:0:0:/);
  });

  it("has dpkg's records: status, lists, conffiles with checksums, triggers", async () => {
    const { read } = await image([
      {
        name: "a",
        entries: [directoryEntry("etc"), ...tree("etc/a.conf", "bin/a")],
        control: {
          conffiles: "/etc/a.conf\n",
          postinst: "#!/bin/sh\n",
          triggers: "interest-noawait ldconfig\ninterest /usr/share/x\n",
        },
      },
      {
        name: "b",
        fields: { "Multi-Arch": "same" },
        entries: tree("usr/lib/b"),
        control: { md5sums: "x  usr/lib/b\n" },
      },
    ]);
    const status = read("var/lib/dpkg/status");
    expect(status).toMatch(/^Package: a\nStatus: install ok unpacked\nVersion: 1\n/);
    // md5 of "etc/a.conf"
    expect(status).toContain("Conffiles:\n /etc/a.conf c4c69d88cd919293b4abdbf6fab36e14\nDescription:");
    expect(status).toMatch(/Package: b\nStatus: install ok installed\n/);
    expect(read("var/lib/dpkg/info/a.list")).toBe("/bin/a\n/etc\n/etc/a.conf\n");
    expect(read("var/lib/dpkg/info/b:amd64.md5sums")).toBe("x  usr/lib/b\n");
    expect(read("var/lib/dpkg/triggers/ldconfig")).toBe("a/noawait\n");
    expect(read("var/lib/dpkg/triggers/File")).toBe("/usr/share/x a\n");
  });

  it("keeps what packages say of directories, and base-files has the last word", async () => {
    const names = ["base-files", "a", "b", "c", "d", "e"];
    const { root } = await image(
      names.map((name) => ({
        name,
        entries: [directoryEntry("srv", name === "base-files" ? 0o1777 : 0o755), ...tree(`srv/${name}`)],
      })),
    );
    expect(fs.statSync(path.join(root, "srv")).mode & 0o7777).toBe(0o1777);
    expect(fs.readdirSync(path.join(root, "srv")).sort()).toEqual([...names].sort());
  });

  it("refuses two packages with one file, unless one replaces the other's", async () => {
    const a = { name: "a", entries: tree("usr/bin/x") };
    const b = { name: "b", entries: [fileEntry("bin/x", "of b")] };
    await expect(image([a, b])).rejects.toMatchObject({
      code: "DEBIAN_FILE_CONFLICT",
      message: "a and b both have /usr/bin/x",
    });
    for (const names of [
      ["a", "b"],
      ["a", "zz"],
      ["k", "b"],
      ["m", "c"],
    ] as const) {
      const { read } = await image([
        { ...a, name: names[0] },
        { ...b, name: names[1], fields: { Replaces: `${names[0]} (<< 2)` } },
      ]);
      expect(read("usr/bin/x"), names.join()).toBe("of b");
      const other = await image([
        { ...a, name: names[0], fields: { Replaces: names[1] } },
        { ...b, name: names[1] },
      ]);
      expect(other.read("usr/bin/x"), names.join()).toBe("usr/bin/x");
    }
  });

  it("places files below another package's link where it leads", async () => {
    const { root, read } = await image([
      {
        name: "a",
        entries: [
          directoryEntry("usr/share/doc"),
          linkEntry("usr/share/doc/z", "a"),
          ...tree("usr/share/doc/a/one"),
        ],
      },
      {
        name: "z",
        entries: [directoryEntry("usr/share/doc/z"), ...tree("usr/share/doc/z/two")],
        fields: { Depends: "a" },
      },
    ]);
    expect(fs.lstatSync(path.join(root, "usr/share/doc/z")).isSymbolicLink()).toBe(true);
    expect(read("usr/share/doc/a/two")).toBe("usr/share/doc/z/two");
  });

  it("is the same bytes every time, and a new package leaves the layers of the others alone", async () => {
    const some = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => ({
      name,
      entries: tree(`usr/lib/${name}`),
    }));
    const first = await image(some);
    const second = await image(some);
    const ids = (made: typeof first) => made.result.layers.map(({ layer }) => layer.diffId);
    expect(ids(second)).toEqual(ids(first));
    const more = await image([...some, { name: "new", entries: tree("usr/lib/new") }]);
    const resent = ids(more).filter((id) => !ids(first).includes(id));
    expect(resent.length).toBe(2);
    expect(ids(first).length).toBeGreaterThan(4);
  });

  it("leaves out what is excluded, and nothing is later than the clamped time", async () => {
    const { root } = await image([{ name: "a", entries: tree("usr/share/doc/a/copyright", "usr/bin/a") }], {
      exclude: ["/usr/share/doc/**"],
    });
    expect(fs.existsSync(path.join(root, "usr/share/doc/a/copyright"))).toBe(false);
    expect(fs.statSync(path.join(root, "usr/bin/a")).mtimeMs).toBe(500_000);
  });

  it("is refused when a mirror changes a package", async () => {
    await mirror.publish("test", [{ name: "a", entries: tree("usr/bin/a") }]);
    const spec = normalizeOptions({
      packages: ["a"],
      suite: "test",
      mirror: mirror.url,
      keyring: path.join(tmp.path, "key.asc"),
    });
    const locked = await resolve(spec, context);
    mirror.files.set("/debian/pool/main/a.deb", Buffer.from("something else"));
    await expect(build(spec, locked, context)).rejects.toThrow(/is not [0-9a-f]{64}/);
  });
});
