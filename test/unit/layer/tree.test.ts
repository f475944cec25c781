import { describe, expect, it } from "vitest";
import {
  DirectoryIndex,
  indexDirectories,
  readDirectoryIndex,
} from "../../../core/oci/layer/directory-index.ts";
import { diffTrees, mergeLayers } from "../../../core/oci/layer/tree.ts";
import { opaqueEntry, whiteoutEntry } from "../../../core/oci/layer/whiteout.ts";
import { directory, file, hardlink, plainEntries, symlink } from "./plain-entries.ts";

const paths = (entries: Iterable<{ readonly path: string }>): string[] =>
  [...entries].map((entry) => entry.path);

describe("a merged tree", () => {
  const base = [
    directory("d", 0o1777),
    file("d/a", "1"),
    file("d/b", "2"),
    directory("e"),
    file("e/x"),
    symlink("l", "/d"),
  ];

  it("loses what whiteouts name, wherever they are in their layer", () => {
    const tree = mergeLayers([base, [file("d/c", "3"), whiteoutEntry("d/a"), whiteoutEntry("e")]]);
    expect(paths(tree)).toEqual(["d", "d/b", "d/c", "l"]);
    expect(tree.get("d")).toMatchObject({ mode: 0o1777 });
  });

  it("shows of an opaque directory only what its own layer has", () => {
    expect(paths(mergeLayers([base, [file("d/c"), opaqueEntry("d")]]))).toEqual([
      "d",
      "d/c",
      "e",
      "e/x",
      "l",
    ]);
  });

  it("may be deeper than calls can be", () => {
    const deep = Array.from({ length: 20_000 }, () => "a").join("/");
    expect(paths(mergeLayers([[file(deep)]])).at(-1)).toBe(deep);
  });

  it("keeps a file that its layer both removes and has", () => {
    expect(paths(mergeLayers([base, [whiteoutEntry("e"), directory("e"), file("e/y")]]))).toEqual([
      "d",
      "d/a",
      "d/b",
      "e",
      "e/y",
      "l",
    ]);
  });

  it("lets a file take the place of a directory and a directory that of a link", () => {
    const tree = mergeLayers([base, [file("e", "now a file"), file("l/inside")]]);
    expect(paths(tree)).toEqual(["d", "d/a", "d/b", "e", "l", "l/inside"]);
    expect(tree.get("l")).toMatchObject({ type: "directory", mode: 0o755 });
  });

  it("gives hard links the content of their target, in any order and through chains", () => {
    const tree = mergeLayers([[hardlink("a", "b"), hardlink("b", "c"), file("c", "content")]]);
    expect(plainEntries([tree.get("a") ?? directory("")])).toMatchObject([
      { path: "a", type: "file", content: Buffer.from("content").toString("hex") },
    ]);
    expect(tree.inode("a")).toBe(tree.inode("c"));
  });

  it("refuses hard links to nothing and in circles", () => {
    expect(() => mergeLayers([[hardlink("a", "b")]])).toThrow(
      expect.objectContaining({ code: "LAYER_INVALID" }) as Error,
    );
    expect(() => mergeLayers([[hardlink("a", "b"), hardlink("b", "a")]])).toThrow(/hard link/);
  });

  it("resolves links as a process does whose root it is", () => {
    const tree = mergeLayers([
      [
        symlink("lib", "usr/lib"),
        directory("usr/lib"),
        symlink("usr/up", "../../../lib"),
        symlink("usr/lib/last", "/x"),
      ],
    ]);
    expect(tree.resolve("lib/new/file", { followLast: true })).toBe("usr/lib/new/file");
    expect(tree.resolve("/usr/up/./x", { followLast: true })).toBe("usr/lib/x");
    expect(tree.resolve("lib/last", { followLast: false })).toBe("usr/lib/last");
    expect(tree.resolve("lib/last", { followLast: true })).toBe("x");
    expect(tree.resolve("../..", { followLast: true })).toBe("");
  });

  it("follows 40 links and not 41", () => {
    const chain = (length: number) =>
      mergeLayers([Array.from({ length }, (_, i) => symlink(`l${i}`, i + 1 < length ? `l${i + 1}` : "end"))]);
    expect(chain(40).resolve("l0", { followLast: true })).toBe("end");
    expect(() => chain(41).resolve("l0", { followLast: true })).toThrow(
      expect.objectContaining({ code: "TREE_LINK_LOOP" }) as Error,
    );
    expect(() => mergeLayers([[symlink("a", "a")]]).resolve("a/b", { followLast: false })).toThrow(/circle/);
  });
});

describe("the difference of trees", () => {
  it("has parents with their modes, whiteouts at the top and nothing else", () => {
    const lower = mergeLayers([
      [directory("t", 0o1777), file("t/a"), directory("gone"), file("gone/x"), file("same", "s")],
    ]);
    const upper = mergeLayers([[directory("t", 0o1777), file("t/a"), file("t/b", "new"), file("same", "s")]]);
    expect(paths(diffTrees(lower, upper))).toEqual(["t", "t/b", ".wh.gone"]);
  });

  it("writes all names of a file that got another one", () => {
    const lower = mergeLayers([[file("a", "1"), file("z", "1")]]);
    const upper = mergeLayers([[file("a", "1"), hardlink("z", "a")]]);
    expect(diffTrees(lower, upper).map(({ path, type }) => [path, type])).toEqual([
      ["a", "file"],
      ["z", "hardlink"],
    ]);
  });
});

describe("a directory index", () => {
  it("is the same after JSON and knows directories and links alone", () => {
    const index = indexDirectories(
      mergeLayers([[directory("tmp", 0o1777), symlink("lib", "usr/lib"), file("f"), directory("\xe9")]]),
    );
    const read = readDirectoryIndex(JSON.parse(JSON.stringify(index)));
    expect(read?.toJSON()).toEqual(index.toJSON());
    expect(read?.directory("tmp")).toEqual([0o1777, 0, 0]);
    expect(read?.directory("f")).toBeUndefined();
    expect(read?.resolve("lib/x", { followLast: true })).toBe("usr/lib/x");
  });

  it("is nothing where the JSON is something else", () => {
    for (const json of [null, {}, { version: 2, entries: [] }, { version: 1, entries: [["a", 1]] }])
      expect(readDirectoryIndex(json)).toBeUndefined();
    expect(readDirectoryIndex({ version: 1, entries: [] })).toBeInstanceOf(DirectoryIndex);
  });
});
