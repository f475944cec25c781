import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { DirectoryListings } from "../../../core/util/directory-listings.ts";
import { tempTree } from "../../support/temp-tree.ts";

/** Makes a directory old enough for its times to say whether it changed. */
const settle = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 70);

/** Adds a name without a trace in the directory's modification time. */
function addUnseen(directory: string, name: string): void {
  const { atime, mtime } = fs.statSync(directory);
  fs.writeFileSync(`${directory}/${name}`, "");
  fs.utimesSync(directory, atime, mtime);
}

/** With one bit of the middle another. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}

describe("directories that were read", () => {
  it("tells files and links from directories, and from the rest", () => {
    using tree = tempTree({ "a.ts": "", "dir/x": "" });
    fs.symlinkSync("dir", tree.path("link"));
    execFileSync("mkfifo", [tree.path("pipe")]);
    expect(new DirectoryListings().read(tree.root)).toEqual({
      files: ["a.ts", "link"],
      directories: ["dir"],
      others: ["pipe"],
    });
  });

  it("gives what it read while it is so", () => {
    using tree = tempTree({ b: "", a: "" });
    settle();
    const listings = new DirectoryListings();
    listings.read(tree.root);
    const read = fs.readdirSync(tree.root).sort();
    expect(listings.names(tree.root)).toEqual(read);
    fs.rmSync(tree.path("a"));
    expect(listings.names(tree.root)).toEqual(["b"]);
  });

  it("reads again what changed, even where the modification time was set back", () => {
    using tree = tempTree({ a: "" });
    settle();
    const listings = new DirectoryListings();
    listings.read(tree.root);
    addUnseen(tree.root, "b");
    expect(listings.names(tree.root)).toEqual(["a", "b"]);
  });

  it("reads again what had changed just before it was read", () => {
    using tree = tempTree({ a: "" });
    const listings = new DirectoryListings();
    fs.writeFileSync(tree.path("b"), "");
    listings.read(tree.root);
    fs.writeFileSync(tree.path("c"), "");
    expect(listings.names(tree.root)).toEqual(["a", "b", "c"]);
  });

  it("keeps for another run what is still so then", () => {
    using tree = tempTree({ "\u00e9.ts": "", "b/c.ts": "", "b/d/e": "", "f/g": "" });
    fs.writeFileSync(Buffer.from(`${tree.root}/\xff`, "latin1"), "");
    execFileSync("mkfifo", [tree.path("a-pipe")]);
    settle();
    const directories = ["", "/b", "/b/d", "/f"].map((name) => tree.root + name);
    const first = new DirectoryListings();
    const read = directories.map((directory) => first.read(directory));
    const state = first.state();
    fs.rmSync(tree.path("f/g"));
    addUnseen(tree.path("b"), "new");
    const second = new DirectoryListings(state);
    expect(directories.map((directory) => second.read(directory))).toEqual([
      read[0],
      { files: ["c.ts", "new"], directories: ["d"], others: [] },
      read[2],
      { files: [], directories: [], others: [] },
    ]);
    expect(second.names(tree.root)).toEqual(fs.readdirSync(tree.root, "latin1").sort());
  });

  it("reads no directory that is as an earlier run left it, and then has nothing new to keep", () => {
    using tree = tempTree({ a: "", "b/c": "" });
    settle();
    const first = new DirectoryListings();
    for (const directory of [tree.root, tree.path("b")]) first.read(directory);
    const second = new DirectoryListings(first.state());
    expect(second.read(tree.path("b"))).toEqual(first.read(tree.path("b")));
    expect(second.state()).toBeUndefined();
    second.read(tree.root);
    expect(second.state()).toBeUndefined();
  });

  it("keeps nothing for another run of a directory that had changed just before it was read", () => {
    using tree = tempTree({ a: "" });
    const first = new DirectoryListings();
    fs.writeFileSync(tree.path("b"), "");
    first.read(tree.root);
    expect(first.state()).toBeUndefined();
  });

  it("keeps nothing for another run of a file system whose times may say nothing", () => {
    const first = new DirectoryListings();
    first.read("/proc/sys/kernel");
    expect(first.state()).toBeUndefined();
  });

  it("knows nothing by what was damaged or is of another kind", () => {
    using tree = tempTree({ a: "" });
    settle();
    const first = new DirectoryListings();
    first.read(tree.root);
    const state = Buffer.from(first.state() ?? []);
    for (const wrong of [state.subarray(0, -1), state.subarray(1), Buffer.from("no"), flipped(state)]) {
      const second = new DirectoryListings(wrong);
      second.read(tree.root);
      expect(second.state()).toEqual(first.state());
    }
  });

  it("fails as readdir does", () => {
    expect(() => new DirectoryListings().read("/nowhere")).toThrow(/ENOENT/);
    expect(() => new DirectoryListings().names("/nowhere")).toThrow(/ENOENT/);
  });
});
