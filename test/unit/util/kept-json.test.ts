import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { keep, readKept } from "../../../core/util/kept-json.ts";
import { tempTree } from "../../support/temp-tree.ts";

describe("what is kept as JSON", () => {
  it("is read as it was, and there is nothing beside it", () => {
    using tree = tempTree({});
    const file = tree.path("new/a.json");
    for (const value of [{ a: ["é", 1, null] }, {}, null, 0]) {
      keep(file, "test 1", value);
      expect(readKept(file, "test 1")).toEqual(value);
    }
    expect(fs.readdirSync(tree.path("new"))).toEqual(["a.json"]);
  });

  it("is nothing where it is not whole", () => {
    using tree = tempTree({});
    const file = tree.path("a.json");
    keep(file, "test 1", { some: "text", more: [1, 2, 3] });
    const text = fs.readFileSync(file, "utf8");
    const damaged = [
      text.slice(0, -1),
      text.slice(0, text.length / 2),
      text.replace("3", "4"),
      "",
      "{}",
      "xx",
      "\0\0",
    ];
    for (const wrong of damaged) {
      fs.writeFileSync(file, wrong);
      expect(readKept(file, "test 1"), JSON.stringify(wrong)).toBeUndefined();
    }
    keep(file, "test 1", 1);
    expect(readKept(file, "test 2")).toBeUndefined();
    expect(readKept(tree.root, "test 1")).toBeUndefined();
    expect(readKept(tree.path("none"), "test 1")).toBeUndefined();
  });

  it("is not kept where that cannot be", () => {
    using tree = tempTree({ file: "" });
    for (const place of [tree.path("file/a.json"), "/proc/self/a.json"]) {
      keep(place, "test 1", 1);
      expect(readKept(place, "test 1")).toBeUndefined();
    }
  });
});
