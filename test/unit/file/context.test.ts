import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ContextScans } from "../../../core/build/context/context-scans.ts";
import { decodeStatCache, encodeStatCache, knownDirectory } from "../../../core/build/context/stat-cache.ts";
import type { TsdockEvent } from "../../../core/events.ts";
import type { FileEntry } from "../../../core/oci/layer/entry.ts";
import { tempTree } from "../../support/temp-tree.ts";
import { copy, workbench } from "./support.ts";

/** A state that counts nothing and keeps all. */
function memoryState() {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    get: (key: string) => files.get(key),
    put: (key: string, bytes: Uint8Array) => void files.set(key, bytes),
  };
}

function scan(directory: string, state = memoryState()) {
  const events: TsdockEvent[] = [];
  const scans = new ContextScans({ state, emit: (event) => void events.push(event) });
  return { scans, tree: scans.tree(directory), events, state };
}

/** Makes every file old enough for its digest to be kept. */
function age(directory: string): void {
  const until = Date.now() + 60;
  while (Date.now() < until) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  for (const name of fs.readdirSync(directory)) fs.lstatSync(path.join(directory, name));
}

const fileAt = (tree: ReturnType<typeof scan>["tree"], name: string): FileEntry => {
  const entry = tree.get(name);
  if (entry?.type !== "file") throw new Error(`${name} is no file`);
  return entry;
};

const sha = (text: string) => execFileSync("sha256sum", { input: text, encoding: "utf8" }).slice(0, 64);

describe("a context", () => {
  it("is what .dockerignore leaves of a directory", () => {
    using tmp = tempTree({
      ".dockerignore": "# comment\nnode_modules\n**/*.log\n!keep/this.log\nkeep/*\ndist\n!dist/only/this\n",
      "a.js": "",
      "a.log": "",
      "keep/this.log": "",
      "keep/other": "",
      "node_modules/x/index.js": "",
      "dist/big/x": "",
      "dist/only/this": "",
      "dist/only/that": "",
      "src/deep/b.log": "",
      "src/deep/b.js": "",
    });
    const { tree } = scan(tmp.root);
    expect(tree.list("")).toEqual([".dockerignore", "a.js", "dist", "keep", "src"]);
    expect(tree.list("keep")).toEqual([]);
    expect(tree.list("dist")).toEqual(["only"]);
    expect(tree.list("dist/only")).toEqual(["this"]);
    expect(tree.list("src/deep")).toEqual(["b.js"]);
    expect(tree.get("keep/this.log")).toBeUndefined();
    expect(tree.get("node_modules/x")).toBeUndefined();
    expect(tree.get("dist/only/this")?.type).toBe("file");
  });

  it("names the file and the pattern that is wrong", () => {
    using tmp = tempTree({ ".dockerignore": "a\n[b\n" });
    expect(() => scan(tmp.root)).toThrow(
      expect.objectContaining({
        code: "IGNORE_PATTERN_INVALID",
        message: expect.stringContaining(tmp.path(".dockerignore")) as string,
      }),
    );
  });

  it("must be a directory", () => {
    using tmp = tempTree({ file: "" });
    expect(() => scan(tmp.path("none")).tree.list("")).toThrow(
      expect.objectContaining({ code: "CONTEXT_MISSING" }),
    );
    expect(() => scan(tmp.path("file")).tree.list("")).toThrow(
      expect.objectContaining({ code: "CONTEXT_MISSING" }),
    );
  });

  it("reads a directory only when somebody asks for it", () => {
    using tmp = tempTree({ "a/x": "", "b/y": "" });
    const { tree } = scan(tmp.root);
    expect(tree.list("a")).toEqual(["x"]);
    tmp.write("b/z", "");
    expect(tree.list("b")).toEqual(["y", "z"]);
    tmp.write("a/w", "");
    expect(tree.list("a")).toEqual(["x"]);
  });

  it("leaves out FIFOs and sockets and says so", async () => {
    using tmp = tempTree({ file: "" });
    execFileSync("mkfifo", [tmp.path("fifo")]);
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(tmp.path("socket"), resolve));
    const { tree, events } = scan(tmp.root);
    expect(tree.list("")).toEqual(["file"]);
    expect(events).toMatchObject([
      { type: "warning", code: "CONTEXT_SKIPPED", message: expect.stringContaining("a FIFO") as string },
      { type: "warning", code: "CONTEXT_SKIPPED", message: expect.stringContaining("a socket") as string },
    ]);
    await new Promise((resolve) => server.close(resolve));
  });

  it("says nothing of FIFOs that are ignored", () => {
    using tmp = tempTree({ ".dockerignore": "fifo" });
    execFileSync("mkfifo", [tmp.path("fifo")]);
    const { tree, events } = scan(tmp.root);
    expect([tree.list(""), events]).toEqual([[".dockerignore"], []]);
  });

  it("tells which file cannot be read", async () => {
    await using bench = await workbench();
    bench.write({ "d/secret": "x" });
    const target = path.join(bench.directory, "d/secret");
    bench.context().contexts.tree(bench.directory).list("d");
    // Nothing is unreadable for root: there the file goes between listing and reading.
    if (process.geteuid?.() === 0) fs.rmSync(target);
    else fs.chmodSync(target, 0);
    await expect(bench.run(copy(bench, "d", "/"))).rejects.toMatchObject({
      code: process.geteuid?.() === 0 ? "FILE_CHANGED" : "FILE_UNREADABLE",
      message: expect.stringContaining("d/secret") as string,
    });
  });
});

describe("the digests of a context", () => {
  it("are of the content, and not read again while a file stays as it is", () => {
    using tmp = tempTree({ a: "one", "d/b": "two" });
    age(tmp.root);
    const first = scan(tmp.root);
    expect(first.tree.digest(fileAt(first.tree, "a"))).toBe(sha("one"));
    expect(first.tree.digest(fileAt(first.tree, "d/b"))).toBe(sha("two"));
    first.scans.save();
    const kept = [...first.state.files.values()];
    expect(kept).toHaveLength(1);

    const second = scan(tmp.root, first.state);
    expect(second.tree.digest(fileAt(second.tree, "a"))).toBe(sha("one"));
    expect(second.tree.digest(fileAt(second.tree, "d/b"))).toBe(sha("two"));
    // Nothing was hashed, so there is nothing new to keep.
    expect(second.tree.known()).toBeUndefined();
  });

  it("follow a change of the same size with the modification time set back", () => {
    using tmp = tempTree({ a: "one" });
    age(tmp.root);
    const first = scan(tmp.root);
    first.tree.digest(fileAt(first.tree, "a"));
    first.scans.save();
    const { atime, mtime } = fs.statSync(tmp.path("a"));
    fs.writeFileSync(tmp.path("a"), "two");
    fs.utimesSync(tmp.path("a"), atime, mtime);
    const second = scan(tmp.root, first.state);
    expect(second.tree.digest(fileAt(second.tree, "a"))).toBe(sha("two"));
  });

  it("are the same for a file that was touched or written anew", () => {
    using tmp = tempTree({ a: "one" });
    age(tmp.root);
    const first = scan(tmp.root);
    first.tree.digest(fileAt(first.tree, "a"));
    first.scans.save();
    fs.rmSync(tmp.path("a"));
    fs.writeFileSync(tmp.path("a"), "one");
    const second = scan(tmp.root, first.state);
    expect(second.tree.digest(fileAt(second.tree, "a"))).toBe(sha("one"));
    expect(second.tree.known()).toBeDefined();
  });

  it("are not kept of a file that changed just before it was read", () => {
    using tmp = tempTree({ a: "one" });
    const first = scan(tmp.root);
    first.tree.digest(fileAt(first.tree, "a"));
    const known = first.tree.known()?.get("");
    const { ctimeMs } = fs.statSync(tmp.path("a"));
    // On a machine that took its time the file may have grown old enough meanwhile.
    if (Date.now() - ctimeMs < 50) expect(known?.names).toEqual([]);
    age(tmp.root);
    const second = scan(tmp.root, first.state);
    second.tree.digest(fileAt(second.tree, "a"));
    expect(second.tree.known()?.get("")?.names).toEqual(["a"]);
  });

  it("are kept for directories that this run did not look at, and forgotten for those that are gone", () => {
    using tmp = tempTree({ "a/x": "x", "b/y": "y", "c/d/z": "z" });
    age(tmp.root);
    const first = scan(tmp.root);
    for (const name of ["a/x", "b/y", "c/d/z"]) first.tree.digest(fileAt(first.tree, name));
    first.scans.save();
    fs.rmSync(tmp.path("c"), { recursive: true });
    tmp.write("a/new", "new");
    age(tmp.root);
    const second = scan(tmp.root, first.state);
    second.tree.digest(fileAt(second.tree, "a/new"));
    const known = second.tree.known();
    expect([...(known?.keys() ?? [])].sort()).toEqual(["", "a", "b"]);
    expect(known?.get("a")?.names).toEqual(["new", "x"]);
    expect(known?.get("b")?.names).toEqual(["y"]);
  });

  it("end the build when a file changes while it is packed", async () => {
    await using bench = await workbench();
    bench.write({ a: "one" });
    const planned = await bench.plan(copy(bench, "a", "/"));
    const { verify } = await planned.open();
    verify();
    fs.writeFileSync(path.join(bench.directory, "a"), "two");
    expect(verify).toThrow(expect.objectContaining({ code: "FILE_CHANGED" }));
    fs.rmSync(path.join(bench.directory, "a"));
    expect(verify).toThrow(expect.objectContaining({ code: "FILE_CHANGED" }));
  });
});

describe("the kept digests", () => {
  const known = new Map([
    ["", knownDirectory([["a", { mtimeMs: 1.5, ctimeMs: 2.25, size: 3, ino: 4, digest: sha("a") }]])],
    [
      "d/caf\xe9",
      knownDirectory([
        ["b", { mtimeMs: 1e12 + 0.5, ctimeMs: 2, size: 2 ** 40, ino: 2 ** 50, digest: sha("b") }],
        ["c", { mtimeMs: 0, ctimeMs: 0, size: 0, ino: 0, digest: sha("") }],
      ]),
    ],
  ]);

  it("are read as they were written", () => {
    expect(decodeStatCache(encodeStatCache(known))).toEqual(known);
  });

  it("count for nothing when they are damaged anywhere", () => {
    const bytes = encodeStatCache(known);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(decodeStatCache(damaged).size).toBe(0);
    }
    for (let length = 0; length < bytes.length; length++)
      expect(decodeStatCache(bytes.subarray(0, length)).size).toBe(0);
  });
});

describe("what stands for a directory of a context", () => {
  const summaryOf = (root: string, state = memoryState()): string => scan(root, state).tree.summary("src");
  const files = { "src/a": "1", "src/b/c": "2", "src/b/d": "3", ".dockerignore": "**/*.log\n" };

  it("is the same for the same files, read or known, wherever they are", () => {
    using one = tempTree(files);
    using two = tempTree({ ...files, other: "not below it" });
    for (const tree of [one, two]) fs.symlinkSync("a", tree.path("src/link"));
    age(one.root);
    const state = memoryState();
    const { scans, tree } = scan(one.root, state);
    const first = tree.summary("src");
    scans.save();
    expect(decodeStatCache(state.get(`context ${one.root}`)).get("src")?.names).toEqual(["a"]);
    expect([summaryOf(one.root, state), summaryOf(two.root)]).toEqual([first, first]);
  });

  it("is another for any change that a copy would show, and no other for one that it would not", () => {
    const changes: Readonly<Record<string, (path: (name: string) => string) => void>> = {
      content: (path) => fs.writeFileSync(path("src/b/c"), "9"),
      executable: (path) => fs.chmodSync(path("src/b/c"), 0o755),
      name: (path) => fs.renameSync(path("src/b/c"), path("src/b/e")),
      added: (path) => fs.writeFileSync(path("src/b/f"), ""),
      removed: (path) => fs.rmSync(path("src/a")),
      "a directory": (path) => fs.mkdirSync(path("src/b/empty")),
      "a link": (path) => fs.symlinkSync("c", path("src/b/link")),
      "where a link leads": (path) => fs.symlinkSync("d", path("src/b/link")),
      "a file for a directory": (path) => {
        fs.rmSync(path("src/b"), { recursive: true });
        fs.writeFileSync(path("src/b"), "");
      },
      "moved up": (path) => fs.renameSync(path("src/b/c"), path("src/c")),
    };
    using before = tempTree(files);
    const summaries = Object.values(changes).map((change) => {
      using tree = tempTree(files);
      change(tree.path);
      return summaryOf(tree.root);
    });
    expect(new Set([summaryOf(before.root), ...summaries]).size).toBe(summaries.length + 1);
    fs.chmodSync(before.path("src/b/c"), 0o640);
    fs.writeFileSync(before.path("src/b/x.log"), "ignored");
    fs.writeFileSync(before.path("src/b/tsdock-release.json"), "never copied");
    using same = tempTree(files);
    expect(summaryOf(before.root)).toBe(summaryOf(same.root));
  });
});
