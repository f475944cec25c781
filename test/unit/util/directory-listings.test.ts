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

describe("directories that were read", () => {
  it("tells files and links from directories, and leaves the rest to neither", () => {
    using tree = tempTree({ "a.ts": "", "dir/x": "" });
    fs.symlinkSync("dir", tree.path("link"));
    execFileSync("mkfifo", [tree.path("pipe")]);
    const { files, directories } = new DirectoryListings().read(tree.root);
    expect([[...files].sort(), directories]).toEqual([["a.ts", "link"], ["dir"]]);
  });

  it("gives what it read, once", () => {
    using tree = tempTree({ b: "", a: "" });
    settle();
    const listings = new DirectoryListings();
    listings.read(tree.root);
    const read = fs.readdirSync(tree.root).sort();
    expect(listings.takeNames(tree.root)).toEqual(read);
    fs.rmSync(tree.path("a"));
    expect(listings.takeNames(tree.root)).toEqual(["b"]);
  });

  it("reads again what changed, even where the modification time was set back", () => {
    using tree = tempTree({ a: "" });
    settle();
    const listings = new DirectoryListings();
    listings.read(tree.root);
    addUnseen(tree.root, "b");
    expect(listings.takeNames(tree.root)).toEqual(["a", "b"]);
  });

  it("reads again what had changed just before it was read", () => {
    using tree = tempTree({ a: "" });
    const listings = new DirectoryListings();
    fs.writeFileSync(tree.path("b"), "");
    listings.read(tree.root);
    fs.writeFileSync(tree.path("c"), "");
    expect(listings.takeNames(tree.root)).toEqual(["a", "b", "c"]);
  });

  it("fails as readdir does", () => {
    expect(() => new DirectoryListings().read("/nowhere")).toThrow(/ENOENT/);
    expect(() => new DirectoryListings().takeNames("/nowhere")).toThrow(/ENOENT/);
  });
});
