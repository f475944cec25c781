import { describe, expect, it } from "vitest";
import { nearestNames } from "../../../core/graph/nearest-names.ts";
import { narrow, select } from "../../../core/graph/select.ts";
import { group, image } from "../../../core/index.ts";
import { compileSound } from "./support.ts";

const base = image("base").from("x").run("base");
const web = image("services/web").from(base).run("web");
const job = image("services/job").from(base).run("job");
const deep = image("services/deep/one").from("y");
const { definition } = compileSound({ base, web, job, deep, release: group("release", [job, web]) });
const chosen = (names: readonly string[], groups?: Record<string, readonly string[]>): string[] =>
  select(definition, { names, groups }).map(({ name }) => name);

describe("select", () => {
  it.each([
    [[], ["base", "services/web", "services/job", "services/deep/one"]],
    [
      ["services/job", "base"],
      ["base", "services/job"],
    ],
    [["services/*"], ["services/web", "services/job"]],
    [["services/**"], ["services/web", "services/job", "services/deep/one"]],
    [["**/one"], ["services/deep/one"]],
    [["**/web"], ["services/web"]],
    [["*"], ["base"]],
    [["{base,services/w?b}"], ["base", "services/web"]],
    [["services/[!w]*"], ["services/job"]],
    [["group:release"], ["services/web", "services/job"]],
    [
      ["group:release", "base", "base"],
      ["base", "services/web", "services/job"],
    ],
  ])("%j means %j", (names, expected) => {
    expect(chosen(names)).toEqual(expected);
  });

  it("knows groups of the configuration, by names and globs, and joins both", () => {
    expect(chosen(["group:mine"], { mine: ["base", "**/one"] })).toEqual(["base", "services/deep/one"]);
    expect(chosen(["group:release"], { release: ["base"] })).toEqual([
      "base",
      "services/web",
      "services/job",
    ]);
  });

  it.each([
    ["services/wep", "did you mean services/web?"],
    ["web", "did you mean services/web?"],
    ["group:relaese", "did you mean group:release?"],
    ["nothing-alike", "there are base, services/deep/one, services/job, services/web"],
    ["x*", "there are base, services/deep/one, services/job, services/web"],
    ["base.", "did you mean base?"],
    ["(base", "did you mean base?"],
  ])("refuses %s: %s", (name, hint) => {
    expect(() => chosen([name])).toThrow(expect.objectContaining({ code: "NAME_UNKNOWN", hint }));
  });

  it("refuses a group of the configuration that names what is not there", () => {
    expect(() => chosen(["group:mine"], { mine: ["nope"] })).toThrow(
      expect.objectContaining({ code: "NAME_UNKNOWN" }),
    );
  });

  it("takes a glob's other characters as they are", () => {
    expect(() => chosen(["b.s*"])).toThrow(expect.objectContaining({ code: "NAME_UNKNOWN" }));
  });
});

describe("narrow", () => {
  it("keeps what the images need, inputs first", () => {
    const part = narrow(definition, select(definition, { names: ["services/job"] }));
    expect([...part.vertices.values()].map(({ name }) => name)).toEqual(["FROM x", "RUN base", "RUN job"]);
    expect(part.images.map(({ name }) => name)).toEqual(["services/job"]);
  });
});

describe("nearestNames", () => {
  it("gives at most three, the nearest first", () => {
    expect(nearestNames("web", ["wxb", "web1", "a", "web2", "web3", "webb"])).toEqual([
      "web1",
      "web2",
      "web3",
    ]);
  });
});
