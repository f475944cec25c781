import { describe, expect, it } from "vitest";
import { cycleThrough, importGraph, reachable } from "../../../core/analyze/loading/import-graph.ts";

const edge = (parent: string, file: string) => ({ parent, specifier: file, file });
const graph = importGraph(
  ["a", "z"],
  [
    edge("a", "c"),
    edge("a", "b"),
    edge("a", "b"),
    edge("b", "d"),
    edge("d", "b"),
    edge("d", "a"),
    { parent: "a", specifier: "fs", url: "node:fs" },
  ],
);

describe("the graph of imports", () => {
  it("has every file once, with what it imports in order", () => {
    expect([...graph]).toEqual([
      ["a", ["c", "b"]],
      ["z", []],
      ["c", []],
      ["b", ["d"]],
      ["d", ["b", "a"]],
    ]);
  });
  it("tells what a file reaches", () => {
    expect(reachable(graph, "d")).toEqual(["d", "a", "b", "c"]);
    expect(reachable(graph, "z")).toEqual(["z"]);
  });
  it("finds the shortest circle through a file", () => {
    expect(cycleThrough(graph, "b")).toEqual(["b", "d", "b"]);
    expect(cycleThrough(graph, "a")).toEqual(["a", "b", "d", "a"]);
    expect(cycleThrough(graph, "c")).toBeUndefined();
  });
});
