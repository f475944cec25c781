import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { moduleFiles } from "../../../plugins/node/copy-module/module-files.ts";
import { project } from "./support.ts";

const workspace = {
  "package.json": { private: true, type: "module" },
  "tsconfig.json": { compilerOptions: { paths: { "@/*": ["./packages/api/src/*"] } } },
  "packages/api/package.json": { name: "api", type: "module" },
  "packages/api/src/main.ts": `import fs from "node:fs";
import { word } from "./word.js";
import data from "./data.json" with { type: "json" };
import { alias } from "@/alias";
import type { Only } from "./types.ts";
import { Unused } from "./unused.ts";
import lib from "../../lib/index.cjs";
const text: string = fs.readFileSync(new URL("../assets/hello.txt", import.meta.url), "utf8").trim();
const only: Only | Unused = 1;
const late = await import("./late.ts");
console.log([word, data.value, alias, lib, text, only, late.default].join(" "));
`,
  "packages/api/src/word.ts": "export const word: string = 'word';\n",
  "packages/api/src/alias.ts": "export const alias = 'alias' as const;\n",
  "packages/api/src/types.ts": "export type Only = number;\n",
  "packages/api/src/unused.ts": "export interface Unused { a: 1 }\n",
  "packages/api/src/late.ts": "export default 'late';\n",
  "packages/api/src/stranger.ts": "export {};\n",
  "packages/api/src/data.json": { value: 7 },
  "packages/api/assets/hello.txt": "hello\n",
  "packages/lib/index.cjs": "module.exports = require('./inner');\n",
  "packages/lib/inner.cjs": "module.exports = 'inner';\n",
};

describe("copyModule", () => {
  it("copies what the entry reaches and nothing else, so that it runs", async () => {
    await using one = project(workspace);
    const files = moduleFiles("packages/api/src/main.ts", true, one.context());
    expect(files.map((file) => file.path)).toEqual([
      "package.json",
      "packages/api/assets/hello.txt",
      "packages/api/package.json",
      "packages/api/src/alias.js",
      "packages/api/src/data.json",
      "packages/api/src/late.js",
      "packages/api/src/main.js",
      "packages/api/src/word.js",
      "packages/lib/index.cjs",
      "packages/lib/inner.cjs",
    ]);
    const out = path.join(one.directory, "out");
    for (const file of files) {
      fs.mkdirSync(path.join(out, path.dirname(file.path)), { recursive: true });
      fs.writeFileSync(path.join(out, file.path), file.content);
    }
    const { stdout, stderr } = spawnSync(process.execPath, ["packages/api/src/main.js"], {
      cwd: out,
      encoding: "utf8",
    });
    expect(stderr.replace(/.*ExperimentalWarning.*\n.*\n/, "")).toBe("");
    expect(stdout).toBe("word 7 alias inner hello 1 late\n");
  });

  it("copies files as they are where nothing is to be compiled", async () => {
    await using one = project(workspace);
    const files = moduleFiles("packages/api/src/main.ts", false, one.context());
    const main = files.find((file) => file.path === "packages/api/src/main.ts");
    expect(Buffer.from(main?.content ?? []).toString()).toBe(workspace["packages/api/src/main.ts"]);
    expect(files).toHaveLength(10);
  });

  it("leaves packages to who installs them, and says so of names that are computed", async () => {
    await using one = project({
      "package.json": { type: "module" },
      "node_modules/left/package.json": { name: "left", main: "i.js" },
      "node_modules/left/i.js": "",
      "main.js": "import 'left'; import 'node:fs'; await import(process.argv[2]);\n",
    });
    const context = one.context();
    expect(moduleFiles("main.js", true, context).map((file) => file.path)).toEqual([
      "main.js",
      "package.json",
    ]);
    expect(context.warnings).toHaveLength(1);
  });

  it.each([
    ["imports what is not there", "import './gone.ts';\n", "MODULE_NOT_FOUND"],
    ["is not JavaScript", "const = 1;\n", "MODULE_SYNTAX"],
    ["names an asset that is not there", "new URL('./gone.txt', import.meta.url);\n", "MODULE_NOT_FOUND"],
  ])("a module that %s is an error with its place", async (_what, text, code) => {
    await using one = project({ "package.json": { type: "module" }, "src/main.ts": text });
    expect(() => moduleFiles("src/main.ts", true, one.context())).toThrow(
      expect.objectContaining({
        code,
        place: expect.objectContaining({ file: path.join(one.directory, "src/main.ts"), line: 1 }),
      }),
    );
  });
});
