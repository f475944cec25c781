import { describe, expect, it } from "vitest";
import { nodeConstraints } from "../../../plugins/node/runtime/node-constraints.ts";
import { chooseVersion } from "../../../plugins/node/runtime/runtime-source.ts";
import { findProject } from "../../../plugins/node/project/find-project.ts";
import { parseRange, parseVersion } from "../../../plugins/node/runtime/semver.ts";
import { project } from "./support.ts";

const allows = (range: string, version: string): boolean | undefined => {
  const parsed = parseVersion(version);
  return parsed === undefined ? undefined : parseRange(range)?.(parsed);
};

describe("a range of versions", () => {
  it.each([
    ["20", "20.19.0", true],
    ["20", "21.0.0", false],
    [">=20.19", "20.18.9", false],
    ["^20.19.0 || ^22.12.0 || >=24.0.0", "22.11.0", false],
    ["^20.19.0 || ^22.12.0 || >=24.0.0", "25.0.0", true],
    ["~20.1", "20.2.0", false],
    ["18 - 20", "20.99.1", true],
    [">18 <=20.5", "18.20.0", false],
    [">18 <=20.5", "20.5.9", true],
    ["20.x", "20.1.1", true],
    ["*", "1.2.3", true],
    ["", "1.2.3", true],
    ["^0.2.3", "0.3.0", false],
    [">= 20", "22.0.0", true],
  ])("%s and %s: %s", (range, version, expected) => expect(allows(range, version)).toBe(expected));

  it("is nothing else", () => {
    expect(parseRange("twenty")).toBeUndefined();
    expect(parseRange("1.2.3.4")).toBeUndefined();
  });
});

describe("the version of Node", () => {
  const versions = ["18.20.0", "20.19.0", "20.19.5", "22.1.0", "23.0.0", "24.1.0", "24.2.0-rc.1"];
  const choose = async (files: Readonly<Record<string, string | object>>) => {
    await using one = project({
      "package-lock.json": {},
      "package.json": {},
      "packages/a/package.json": {},
      ...files,
    });
    const context = one.context();
    return chooseVersion(versions, nodeConstraints(context, findProject(context, "./packages/a"), null));
  };

  it("fits everything that files ask for, with long-term support where there is a choice", async () => {
    expect(await choose({})).toBe("24.1.0");
    expect(await choose({ "package.json": { engines: { node: ">=20" } }, ".nvmrc": "v20.19.0\n" })).toBe(
      "20.19.0",
    );
    expect(await choose({ "packages/a/.node-version": "lts/iron # 20\n" })).toBe("20.19.5");
    expect(
      await choose({
        "packages/a/package.json": { devEngines: { runtime: { name: "node", version: "^22" } } },
      }),
    ).toBe("22.1.0");
    expect(await choose({ "package.json": { engines: { node: "23" } } })).toBe("23.0.0");
  });

  it("is an error that names all files where they disagree", async () => {
    const files = { "package.json": { engines: { node: ">=22" } }, ".nvmrc": "20" };
    await expect(choose(files)).rejects.toThrow(
      expect.objectContaining({
        code: "NODE_RUNTIME_UNKNOWN",
        details: "engines in package.json: >=22\n.nvmrc: 20",
      }),
    );
  });
});
