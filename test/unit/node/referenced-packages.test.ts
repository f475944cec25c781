import path from "node:path";
import { describe, expect, it } from "vitest";
import { readInstallation } from "../../../plugins/node/install/read-installation.ts";
import { referencedPackages } from "../../../plugins/node/project/referenced-packages.ts";
import { integrity, project } from "./support.ts";

const workspace = {
  "package.json": { name: "root", workspaces: ["packages/*", "libs/*"] },
  "tsconfig.base.json": { compilerOptions: { paths: { "@/shared/*": ["./libs/shared/src/*"] } } },
  "packages/app/package.json": { name: "app", dependencies: { dep: "*" } },
  "packages/app/tsconfig.json": `{
  // a base with "//" in it
  "extends": ["../../tsconfig.base.json", "@tsconfig/node22/tsconfig.json"],
  "references": [{ "path": "../core" }, { "path": "../../outside-of-all" }, { "path": "./tsconfig.node.json" }], /* and a comma */
}`,
  "packages/app/tsconfig.node.json": { references: [{ path: "../../../beyond" }] },
  "packages/core/package.json": { name: "core", dependencies: { third: "1" } },
  "packages/core/tsconfig.json": {
    references: [{ path: "../app" }, { path: "../../libs/deep/tsconfig.build.json" }],
  },
  "packages/dep/package.json": { name: "dep" },
  "packages/dep/tsconfig.lib.json": {
    compilerOptions: { baseUrl: "../..", paths: { aliased: ["libs/aliased/src/index.ts"] } },
  },
  "packages/stranger/package.json": { name: "stranger" },
  ...Object.fromEntries(["shared", "deep", "aliased"].map((name) => [`libs/${name}/package.json`, { name }])),
};
const reached = ["libs/aliased", "libs/deep", "libs/shared", "packages/core", "packages/dep"];

describe("packages that tsconfigs lead to", () => {
  it("are found by references, extends and paths, in circles too", async () => {
    await using one = project(workspace);
    expect(referencedPackages(one.context(), "", "packages/app")).toEqual(reached);
  });

  it("are there to build with what they need, and not in production", async () => {
    await using one = project({
      ...workspace,
      "package-lock.json": {
        lockfileVersion: 3,
        packages: {
          "": {},
          ...Object.fromEntries(
            ["packages/app", "packages/stranger", ...reached].map((directory) => [
              directory,
              JSON.parse(
                JSON.stringify((workspace as Record<string, unknown>)[`${directory}/package.json`]),
              ) as object,
            ]),
          ),
          "node_modules/dep": { resolved: "packages/dep", link: true },
          "node_modules/third": { version: "1.0.0", integrity },
        },
      },
    });
    const locals = (dev: boolean) => {
      const spec = { package: "./packages/app", libc: "glibc" as const, dev };
      const { installation } = readInstallation(one.context(), spec, null);
      return [
        installation.locals.map(({ directory }) => directory),
        installation.packages.map(({ name }) => name),
      ];
    };
    expect(locals(true)).toEqual([
      ["", ...reached.slice(0, 3), "packages/app", ...reached.slice(3)],
      ["third"],
    ]);
    expect(locals(false)).toEqual([["packages/app", "packages/dep"], []]);
  });

  it("a tsconfig that cannot be read is an error with its place", async () => {
    await using one = project({ ...workspace, "packages/core/tsconfig.json": '{\n  "references": [\n}' });
    expect(() => referencedPackages(one.context(), "", "packages/app")).toThrow(
      expect.objectContaining({
        code: "NODE_MANIFEST_INVALID",
        place: expect.objectContaining({
          file: path.join(one.directory, "packages/core/tsconfig.json"),
          line: 3,
        }),
      }),
    );
  });
});
