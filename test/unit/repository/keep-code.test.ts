import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { describe, expect, it } from "vitest";
import { keepCode } from "../../../keep-code.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** Bundled modules in a directory of their own. */
function bundle(files: Readonly<Record<string, string>>): ReturnType<typeof temporaryDirectory> {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory.path, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  return directory;
}

const names = (directory: string): readonly string[] =>
  fs.existsSync(path.join(directory, "code")) ? fs.readdirSync(path.join(directory, "code")).sort() : [];

describe("keepCode", () => {
  it("makes functions of modules, and modules of what they return", async () => {
    await using dist = bundle({
      "a.js": 'import { t as two } from "./b.js";\nconst sign = "é";\nexport { sign, two as second };\n',
      "b.js": "const two = 2;\nexport { two as t };\n",
    });
    keepCode(dist.path, []);
    expect(names(dist.path)).toEqual(["a.js", "b.js"]);
    const load = (name: string): unknown => {
      const text = fs.readFileSync(path.join(dist.path, "code", name), "latin1");
      const code = vm.runInThisContext(text) as (from: typeof load, ...others: undefined[]) => unknown;
      return code(load, undefined, undefined);
    };
    expect(load("a.js")).toEqual({ sign: "é", second: 2 });
    expect(fs.readFileSync(path.join(dist.path, "a.js"), "utf8")).toContain('loader.load("a.js")');
  });

  it("leaves what imports packages, what imports that, and what does something when it is loaded", async () => {
    await using dist = bundle({
      "a.js": 'import ts from "typescript";\nexport { ts };\n',
      "b.js": 'import { ts } from "./a.js";\nexport { ts };\n',
      "c.js": "export default 3;\n",
      "process.js": "await 1;\n",
      "plugins/d.js":
        'const load = () => [import("../a.js"), import("./e.js"), import("yaml")];\nexport { load };\n',
      "plugins/e.js": "export {};\n",
    });
    keepCode(dist.path, ["process.js"]);
    expect(names(dist.path)).toEqual(["plugins"]);
    expect(fs.readFileSync(path.join(dist.path, "code/plugins/d.js"), "latin1")).toContain(
      '[__import("./a.js"), Promise.resolve().then(() => __load("plugins/e.js")), __import("yaml")]',
    );
  });

  it("refuses an export that is assigned to", async () => {
    await using dist = bundle({ "a.js": "let a = 1;\nconst set = () => { a = 2; };\nexport { a, set };\n" });
    expect(() => keepCode(dist.path, [])).toThrow("a.js exports a and assigns to it");
  });

  it("gives another id for other code alone", async () => {
    await using one = bundle({ "a.js": "const a = 1;\nexport { a };\n" });
    await using same = bundle({ "a.js": "const a = 1;\nexport { a };\n" });
    await using other = bundle({ "a.js": "const a = 2;\nexport { a };\n" });
    const [id, again, another] = [one, same, other].map(({ path: directory }) => keepCode(directory, []));
    expect(again).toBe(id);
    expect(another).not.toBe(id);
  });
});
