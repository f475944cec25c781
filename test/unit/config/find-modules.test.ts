import fs from "node:fs";
import path from "node:path";
import picomatch from "picomatch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findModules } from "../../../core/config/find-modules.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

let tree: TempTree;
beforeAll(() => {
  const files = [
    "web.image.ts",
    "services/a/a.image.mts",
    "services/a/src/index.ts",
    "services/b/images.ts",
    "services/b/node_modules/x/x.image.ts",
    "dist/web.image.js",
    ".cache/web.image.ts",
    "types.image.d.ts",
  ];
  tree = tempTree(Object.fromEntries(files.map((file) => [file, ""])));
  fs.symlinkSync("services", tree.path("linked"));
});
afterAll(() => tree[Symbol.dispose]());

const found = async (patterns?: readonly string[]) =>
  (await findModules(tree.root, patterns)).map((file) => path.relative(tree.root, file));

describe("finding image modules", () => {
  it("takes *.image.* everywhere but in packages, outputs, hidden and linked directories", async () => {
    expect(await found()).toEqual(["services/a/a.image.mts", "web.image.ts"]);
  });
  it("takes patterns, plain names and exclusions", async () => {
    expect(await found(["./services/b/images.ts", "services/a/**/*.ts"])).toEqual([
      "services/a/src/index.ts",
      "services/b/images.ts",
    ]);
    expect(await found(["**/*.ts", "!services/**"])).toEqual(["types.image.d.ts", "web.image.ts"]);
  });
  it("finds nothing in a directory that is not there", async () => {
    expect(await found(["nowhere/*.ts"])).toEqual([]);
  });
});

it("finds what patterns match, also where they do not say plainly how a name ends", async () => {
  for (const pattern of [
    "**/*.image.{ts,mts}",
    "**/*.ts",
    "**/*.{image,}.ts",
    "**/*s",
    "*.image.ts",
    "**/*",
    "**/{web,a}.image.*",
    "*.[t]s",
    "**/@(web|a).image.?(m)ts",
    "web.image.ts",
  ]) {
    const matches = picomatch(pattern);
    const all = await found(["**/*"]);
    expect([pattern, ...(await found([pattern]))]).toEqual([pattern, ...all.filter((file) => matches(file))]);
  }
});
