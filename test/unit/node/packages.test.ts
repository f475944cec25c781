import { gzipSync } from "node:zlib";
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";
import type { FileEntry } from "../../../core/oci/layer/entry.ts";
import { hoist, type Target } from "../../../plugins/node/install/hoist.ts";
import { parseConditions } from "../../../plugins/node/lockfile/yarn-conditions.ts";
import { applyPatch } from "../../../plugins/node/package/apply-patch.ts";
import { readArchive } from "../../../plugins/node/package/read-archive.ts";
import { readManifest } from "../../../plugins/node/project/manifest.ts";
import { fileMatcher, packageFiles } from "../../../plugins/node/project/package-files.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { project } from "./support.ts";

const file = (name: string, text: string): FileEntry => {
  const content = Buffer.from(text);
  return { type: "file", path: name, mode: 0o644, uid: 0, gid: 0, mtime: 0, size: content.length, content };
};
const filesOf = (record: Readonly<Record<string, string>>) =>
  new Map(Object.entries(record).map(([name, text]) => [name, file(name, text)]));
const patched = (files: Readonly<Record<string, string>>, patch: string) => {
  const result = applyPatch(filesOf(files), { file: "/p/a.patch", content: Buffer.from(patch) }, "a 1.0.0");
  return Object.fromEntries(
    [...result].map(([name, { content }]) => [name, Buffer.from(content as Buffer).toString()]),
  );
};

describe("a patch", () => {
  const change = "--- a/x.js\n+++ b/x.js\n@@ -2,3 +2,3 @@\n two\n-three\n+THREE\n four\n";

  it("changes, adds, removes and renames files", () => {
    expect(patched({ "x.js": "one\ntwo\nthree\nfour\n" }, change)).toEqual({
      "x.js": "one\ntwo\nTHREE\nfour\n",
    });
    expect(
      patched(
        { gone: "a\n", old: "same\n" },
        "diff --git a/new b/new\nnew file mode 100755\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+hello\n\\ No newline at end of file\ndiff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\ndiff --git a/old b/moved\nrename from old\nrename to moved\n",
      ),
    ).toEqual({ new: "hello", moved: "same\n" });
  });

  it("finds lines that have moved a little", () => {
    const moved = `${"x\n".repeat(10)}one\ntwo\nthree\nfour\n`;
    expect(patched({ "x.js": moved }, change)["x.js"]).toBe(moved.replace("three", "THREE"));
  });

  it.each([
    ["does not fit", { "x.js": "other\n" }, change],
    ["is for a file that is not there", {}, change],
    ["leaves the package", {}, "--- /dev/null\n+++ b/../../x\n@@ -0,0 +1 @@\n+a\n"],
    ["ends early", { "x.js": "one\n" }, "--- a/x.js\n+++ b/x.js\n@@ -1,9 +1,9 @@\n one\n"],
  ])("that %s is an error", (_what, files, patch) => {
    expect(() => patched(files, patch)).toThrow(expect.objectContaining({ code: "NODE_PATCH_FAILED" }));
  });
});

describe("an archive", () => {
  function header(name: string, size: number, type = "0", mode = 0o755): Buffer {
    const block = Buffer.alloc(512);
    block.write(name, 0, "latin1");
    block.write(`${mode.toString(8).padStart(7, "0")}\0`, 100);
    block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
    block.write(type, 156);
    block.write("ustar\0", 257, "latin1");
    return block;
  }
  const read = async (...parts: Buffer[]) => {
    await using tmp = temporaryDirectory();
    const at = path.join(tmp.path, "a.tgz");
    fs.writeFileSync(at, gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)])));
    return await readArchive(at, "a 1.0.0");
  };
  const content = Buffer.alloc(512, "x");

  it("loses its first directory, links and devices", async () => {
    const { files } = await read(header("package/bin/x", 512), content, header("package/link", 0, "2"));
    expect([...files].map(([name, { mode, size }]) => [name, mode, size])).toEqual([["bin/x", 0o755, 512]]);
  });

  it.each([
    ["leaves its directory", header("package/../../x", 0)],
    ["is cut off", header("package/x", 5000)],
  ])("that %s is an error", async (_what, block) => {
    await expect(read(block)).rejects.toThrow(expect.objectContaining({ code: "NODE_PACKAGE_INVALID" }));
  });
});

describe("yarn's conditions", () => {
  const linux = { os: ["linux"], cpu: ["x64"], libc: ["glibc"] };
  it.each([
    ["os=linux & cpu=x64", true],
    ["os=linux & cpu=arm64", false],
    ["(os=darwin | os=linux) & !cpu=ia32", true],
    ["os=linux & cpu=x64 & libc=musl", false],
  ])("%s: %s", (text, expected) => expect(parseConditions(text)(linux)).toBe(expected));
});

describe("files of a package", () => {
  it.each([
    [["dist"], "dist/a/b.js", true],
    [["dist/"], "dist2/a.js", false],
    [["/lib/*.js"], "lib/a.js", true],
    [["lib/*.js"], "lib/a.ts", false],
    [["dist", "!dist/**/*.map"], "dist/a.js.map", false],
    [["."], "a", true],
  ])("%j has %s: %s", (patterns, name, expected) => expect(fileMatcher(patterns)(name)).toBe(expected));
});

describe("symbolic links of a package", () => {
  const links = (made: Readonly<Record<string, string>>) => {
    const one = project({ "package.json": {}, "package-lock.json": "{}", "lib/a.js": "" });
    for (const [name, target] of Object.entries(made)) fs.symlinkSync(target, path.join(one.directory, name));
    const manifest = readManifest(one.context(), "");
    if (manifest === undefined) throw new Error("no package.json");
    const selection = { root: "", directory: "", manifest, patterns: null, others: [], written: [] };
    return { one, files: () => packageFiles(one.context(), selection).map(({ entry }) => entry.path) };
  };

  it("are copied where they lead to something, by others too, and the lockfile is not", async () => {
    const { one, files } = links({ a: "lib/a.js", b: "a", c: "lib", d: "." });
    await using _project = one;
    expect(files()).toEqual(["a", "b", "c", "d", "lib/a.js", "package.json"]);
  });

  it.each([
    ["in a circle", { a: "b", b: "a" }],
    ["to itself", { a: "a" }],
    ["out of the package", { a: "../x" }],
    ["to an absolute path", { a: "/etc/passwd" }],
    ["to what is not copied", { a: "package-lock.json" }],
  ])("are an error where they lead %s", async (_what, made) => {
    const { one, files } = links(made);
    await using _project = one;
    expect(files).toThrow(expect.objectContaining({ code: "NODE_LINK_BROKEN" }));
  });
});

describe("hoisting", () => {
  const graph = fc
    .array(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 })), { maxLength: 4 }),
      {
        minLength: 18,
        maxLength: 18,
      },
    )
    .map((lists) => {
      const packages = new Map(
        lists.map((list, index) => [
          `n${Math.floor(index / 3)}@${index % 3}`,
          {
            peers: [],
            children: new Map(list.map(([name, version]) => [`n${name}`, { key: `n${name}@${version}` }])),
          },
        ]),
      );
      return packages;
    });
  const roots = fc.uniqueArray(fc.integer({ min: 0, max: 17 }), { minLength: 1, maxLength: 6 });

  /** Versions that need one another in ever new ways have no reasonable end: refused, and that seldom. */
  const hoistOrRefuse = (input: Parameters<typeof hoist>[0]): ReturnType<typeof hoist> | undefined => {
    try {
      return hoist(input);
    } catch (error) {
      if (isTsdockError(error) && error.code === "NODE_LOCKFILE_UNSUPPORTED") return undefined;
      throw error;
    }
  };

  it("lets every package find exactly what it depends on", () => {
    let refused = 0;
    fc.assert(
      fc.property(graph, roots, (packages, indices) => {
        const own = new Map(
          indices.map((index) => [
            `n${Math.floor(index / 3)}`,
            { key: `n${Math.floor(index / 3)}@${index % 3}` },
          ]),
        );
        const placed = hoistOrRefuse({ importers: new Map([["packages/app", own]]), packages });
        if (placed === undefined) {
          refused++;
          return;
        }
        const byPath = new Map(placed.map(({ path: at, target }) => [at, target]));
        const find = (from: string, name: string): Target | undefined => {
          for (let at = from; ; at = at.includes("/") ? at.slice(0, at.lastIndexOf("/")) : "") {
            const found = at.endsWith("node_modules")
              ? undefined
              : byPath.get(at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`);
            if (found !== undefined || at === "") return found;
          }
        };
        for (const [name, target] of own) expect(find("packages/app", name)).toEqual(target);
        for (const { path: at, target, linkTo } of placed) {
          if (linkTo !== undefined) expect(byPath.get(linkTo)).toEqual(target);
          const children = "key" in target ? packages.get(target.key)?.children : undefined;
          for (const [name, wanted] of children ?? []) expect(find(linkTo ?? at, name)).toEqual(wanted);
        }
      }),
      { numRuns: 300 },
    );
    expect(refused).toBeLessThan(10);
  });
});
