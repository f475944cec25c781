import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { FileAction } from "../../../core/graph/operation.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { dir, file, link, workbench } from "./support.ts";

const base = [
  dir("etc", 0o700, 1, 1),
  file("etc/old"),
  dir("etc/dir"),
  file("etc/dir/x"),
  link("e", "etc"),
  link("etc/link", "old"),
  dir("tmp", 0o1777),
];

const cases: readonly (readonly [name: string, action: FileAction, expected: readonly string[]])[] = [
  [
    "a text",
    { type: "write", path: "/etc/new", content: { text: "é\n" } },
    ["etc/ 700 1:1", 'etc/new "é\n"'],
  ],
  [
    "bytes",
    { type: "write", path: "/b", content: { base64: "aGk=" }, chmod: 0o4711, chown: "3" },
    ['b "hi" 4711 3:3'],
  ],
  [
    "a text at a link's end",
    { type: "write", path: "/e/link", content: { text: "t" } },
    ["etc/ 700 1:1", 'etc/old "t"'],
  ],
  ["a relative text", { type: "write", path: "x/y", content: { text: "" } }, ["w/", "w/x/", 'w/x/y ""']],
  [
    "a link",
    { type: "symlink", path: "/e/new", target: "../any where" },
    ["etc/ 700 1:1", "etc/new -> ../any where"],
  ],
  [
    "a link over a link",
    { type: "symlink", path: "/etc/link", target: "x", chown: "1:2" },
    ["etc/ 700 1:1", "etc/link -> x 1:2"],
  ],
  [
    "a directory",
    { type: "directory", path: "/a/b/", chown: "4:5", chmod: 0o2750 },
    ["a/ 4:5", "a/b/ 2750 4:5"],
  ],
  [
    "a directory that is there",
    { type: "directory", path: "/etc/dir", chmod: 0o711 },
    ["etc/ 700 1:1", "etc/dir/ 711"],
  ],
  ["a working directory", { type: "directory", path: "/srv", unlessPresent: true }, ["srv/"]],
  ["a working directory that is there", { type: "directory", path: "/e/dir", unlessPresent: true }, []],
  ["the root", { type: "directory", path: "/", unlessPresent: true }, []],
  ["a removal", { type: "remove", path: "/etc/old" }, ["etc/ 700 1:1", 'etc/.wh.old ""']],
  ["a removal of a directory", { type: "remove", path: "/e/dir" }, ["etc/ 700 1:1", 'etc/.wh.dir ""']],
  ["a removal of a link, not of what it leads to", { type: "remove", path: "e" }, []],
  ["a removal of a link at the root", { type: "remove", path: "/e" }, ['.wh.e ""']],
  ["a removal of nothing", { type: "remove", path: "/etc/none" }, []],
];

describe("actions on files", () => {
  it.each(cases)("%s", async (_name, action, expected) => {
    await using bench = await workbench();
    expect(await bench.run(action, { base: await bench.tree(...base), workdir: "/w" })).toEqual(expected);
  });

  it.each([
    [
      "a text in place of a directory",
      { type: "write", path: "/etc/dir", content: { text: "" } },
      "FILE_CONFLICT",
    ],
    ["a text without a name", { type: "write", path: "/etc/", content: { text: "" } }, "PATH_INVALID"],
    ["a link in place of a directory", { type: "symlink", path: "/etc", target: "x" }, "FILE_CONFLICT"],
    ["the removal of everything", { type: "remove", path: "/" }, "PATH_INVALID"],
    ["a reserved name", { type: "write", path: "/.wh.x", content: { text: "" } }, "FILE_NAME_RESERVED"],
  ] satisfies [string, FileAction, string][])("refuses %s", async (_name, action, code) => {
    await using bench = await workbench();
    await expect(bench.run(action, { base: await bench.tree(...base) })).rejects.toMatchObject({ code });
  });

  it("removes without looking with link", async () => {
    await using bench = await workbench();
    const action: FileAction = { type: "remove", path: "/etc/none" };
    expect(await bench.run(action, { base: await bench.tree(...base), link: true })).toEqual([
      "etc/",
      'etc/.wh.none ""',
    ]);
    expect(await bench.run(action)).toEqual(["etc/", 'etc/.wh.none ""']);
  });

  it("gives every entry the time that was asked for", async () => {
    await using bench = await workbench({ clampTime: 1234 });
    const planned = await bench.plan({ type: "write", path: "/a/b", content: { text: "" } });
    expect((await planned.open()).entries.map((entry) => entry.mtime)).toEqual([1234, 1234]);
    expect(planned.keyInputs["clampTime"]).toBe("1234");
  });
});

describe("a download", () => {
  const text = "downloaded";
  const checksum = `sha256:${createHash("sha256").update(text).digest("hex")}` as const;
  const action = (
    destination: string,
    url = "https://registry.example/dir/tool%201.tgz?x=y",
  ): FileAction => ({
    type: "download",
    url,
    checksum,
    destination,
  });

  it("is fetched when the layer is made, gets its name from the URL, and docker's mode", async () => {
    await using tmp = temporaryDirectory();
    const target = path.join(tmp.path, "file");
    const asked: string[] = [];
    await using bench = await workbench({
      download({ urls, sha256 }) {
        asked.push(...urls, sha256 ?? "");
        fs.writeFileSync(target, text);
        return Promise.resolve(target);
      },
    });
    const planned = await bench.plan(action("/opt/"));
    expect(asked).toEqual([]);
    const { entries } = await planned.open();
    expect(asked).toEqual(["https://registry.example/dir/tool%201.tgz?x=y", checksum.slice(7)]);
    expect(entries.map(({ path: at, mode }) => [at, mode])).toEqual([
      ["opt", 0o755],
      ["opt/tool 1.tgz", 0o600],
    ]);
    expect(await bench.run({ ...action("/tool"), chmod: 0o755 } as FileAction)).toEqual([
      'tool "downloaded" 755',
    ]);
  });

  it("is keyed by its checksum and place, not by its address", async () => {
    await using bench = await workbench();
    const key = async (what: FileAction) => (await bench.plan(what)).keyInputs["entries"];
    expect(await key(action("/x"))).toBe(await key(action("/x", "https://other.example/y")));
    expect(await key(action("/x"))).not.toBe(await key(action("/y")));
    expect(await key(action("/x"))).not.toBe(
      await key({ ...action("/x"), checksum: `sha256:${"0".repeat(64)}` } as FileAction),
    );
  });

  it("needs a name", async () => {
    await using bench = await workbench();
    await expect(bench.plan(action("/opt/", "https://registry.example/"))).rejects.toMatchObject({
      code: "PATH_INVALID",
    });
    await expect(bench.plan(action("/opt/", "https://registry.example/a%2Fb"))).rejects.toMatchObject({
      code: "PATH_INVALID",
    });
  });
});

describe("a removal and the layers below", () => {
  it("reads the base only once for the same stack", async () => {
    await using bench = await workbench();
    const tree = await bench.tree(...base);
    const action: FileAction = { type: "remove", path: "/etc/old" };
    const first = await bench.plan(action, { base: tree });
    bench.restart();
    const [layer] = tree.layers;
    if (layer === undefined) throw new Error("no layer");
    fs.rmSync(bench.store.blobs.path(layer.diffId));
    expect((await bench.plan(action, { base: tree })).keyInputs).toEqual(first.keyInputs);
    const other = { ...tree, layers: [...tree.layers, ...(await bench.tree(file("etc/more"))).layers] };
    await expect(bench.plan(action, { base: other })).rejects.toMatchObject({ code: "LAYER_MISSING" });
  });

  it("does not believe a damaged memory", async () => {
    await using bench = await workbench();
    const tree = await bench.tree(...base);
    const action: FileAction = { type: "remove", path: "/etc/old" };
    const first = await bench.plan(action, { base: tree });
    const state = path.join(bench.store.directory, "contexts");
    for (const name of fs.readdirSync(state)) {
      const bytes = fs.readFileSync(path.join(state, name));
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      fs.writeFileSync(path.join(state, name), bytes);
    }
    bench.restart();
    expect((await bench.plan(action, { base: tree })).keyInputs).toEqual(first.keyInputs);
  });
});
