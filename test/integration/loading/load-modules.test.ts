import fs from "node:fs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadModules } from "../../../core/analyze/load-modules.ts";
import { formatPlace } from "../../../core/errors/place.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

const trees: TempTree[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) tree[Symbol.dispose]();
});

const marker = Symbol("the running installation");
const self = {
  tsdock: { marker, image: () => "image" },
  "tsdock/plugin": { definePlugin: (x: unknown) => x },
};

function treeOf(files: Readonly<Record<string, string>>): TempTree {
  const tree = tempTree(files);
  trees.push(tree);
  return tree;
}

/** How modules are loaded: linked here, or by Node's loader with hooks. */
let linked = true;

const bothWays = [
  { way: "linked here", here: true },
  { way: "by hooks in Node's loader", here: false },
];

async function load(files: Readonly<Record<string, string>>, entries: readonly string[], timeoutMs = 20_000) {
  const tree = treeOf(files);
  const signal = new AbortController().signal;
  const result = await loadModules({ files: entries.map(tree.path), self, signal, timeoutMs, linked });
  const errors = result.errors.map((error) => ({
    code: error.code,
    message: error.message,
    place: error.place && formatPlace(error.place).replace(`${tree.root}/`, ""),
    hint: error.hint,
    details: error.details,
  }));
  const relative = (file: string) => file.replace(`${tree.root}/`, "");
  return { tree, errors, relative, result, exports: result.modules[0]?.exports ?? {} };
}

describe.each(bothWays)("loading modules, $way", ({ here }) => {
  beforeAll(() => {
    linked = here;
  });

  it("runs TypeScript with relative imports however they are written", async () => {
    const { exports, errors, result, relative } = await load(
      {
        "web.image.ts": `
          import { a } from "./a.ts"; import { b } from "./b.js"; import { c } from "./c"; import { d } from "./dir";
          import type { Nothing } from "./types.ts";
          enum Colour { Red = 7 }
          namespace Space { export const x = 1 }
          export const all: string = [a, b, c, d, Colour.Red, Space.x].join();
          export const nothing: Nothing | undefined = undefined;`,
        "a.ts": "export const a = 'a' as const",
        "b.ts": "import './a'; export const b: string = 'b'",
        "c.mts": "export const c = 'c'",
        "dir/index.ts": "export const d = await Promise.resolve('d')",
        "types.ts": "export interface Nothing {}",
      },
      ["web.image.ts"],
    );
    expect(errors).toEqual([]);
    expect(exports).toMatchObject({ all: "a,b,c,d,7,1" });
    const sources = ["web.image.ts", "a.ts", "b.ts", "c.mts", "dir/index.ts"];
    expect(result.modules[0]?.sources.map(relative)).toEqual(sources);
    expect([...result.imports.keys()].map(relative).sort()).toEqual([...sources].sort());
  });

  it("gives everyone the running installation, whatever is installed in the tree", async () => {
    const { exports, errors } = await load(
      {
        "web.ts": `
          import { marker, image } from "tsdock"; import { definePlugin } from "tsdock/plugin";
          import { theirs } from "helper"; import { shared } from "./shared.js";
          export const same = [marker, theirs, shared]; export const made = image(); export { definePlugin };`,
        "shared.ts": `export { marker as shared } from "tsdock";`,
        "node_modules/tsdock/package.json": `{"name":"tsdock","type":"module","exports":"./index.js"}`,
        "node_modules/tsdock/index.js": "export const marker = 'another copy'",
        "node_modules/helper/package.json": `{"name":"helper","type":"module","exports":"./index.js"}`,
        "node_modules/helper/index.js": `export { marker as theirs } from "tsdock";`,
      },
      ["web.ts"],
    );
    expect(errors).toEqual([]);
    expect(exports).toMatchObject({ same: [marker, marker, marker], made: "image" });
  });

  it("knows tsconfig paths, each package's own", async () => {
    const { exports, errors } = await load(
      {
        "tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }`,
        "src/name.ts": "export const name = 'root'",
        "packages/a/tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }`,
        "packages/a/lib/name.ts": "export const name = 'a'",
        "packages/a/index.ts": `export { name as inner } from "@/name"`,
        "web.ts": `export { name } from "@/name.js"; export { inner } from "./packages/a/index.ts"`,
      },
      ["web.ts"],
    );
    expect(errors).toEqual([]);
    expect({ ...exports }).toEqual({ name: "root", inner: "a" });
  });

  it("knows the paths of projects that a tsconfig refers to, each for the files that it has", async () => {
    const project = (directory: string): string =>
      JSON.stringify({
        compilerOptions: { composite: true, paths: { "#own/*": [`./${directory}/lib/*`] } },
        include: [directory],
      });
    const { exports, errors } = await load(
      {
        "tsconfig.json": `{ "files": [], "references": [{ "path": "./tsconfig.app.json" }, { "path": "./packages/tools" }] }`,
        "tsconfig.app.json": project("app"),
        "app/lib/name.ts": "export const name = 'app'",
        "app/web.ts": `export { name } from "#own/name"; export { name as tool } from "../packages/tools/src/index.ts"`,
        "packages/tools/tsconfig.json": project("src"),
        "packages/tools/src/lib/name.ts": "export const name = 'tools'",
        "packages/tools/src/index.ts": `export { name } from "#own/name.js"`,
      },
      ["app/web.ts"],
    );
    expect(errors).toEqual([]);
    expect({ ...exports }).toEqual({ name: "app", tool: "tools" });
  });

  it("knows the paths of a tsconfig that does not include the module", async () => {
    const config = JSON.stringify({
      compilerOptions: { paths: { "#own/*": ["./src/*"], "@all/*": ["../shared/*"] } },
      include: ["src"],
    });
    const { exports, errors } = await load(
      {
        "tsconfig.json": `{ "files": [], "references": [{ "path": "./app" }] }`,
        "app/tsconfig.json": config,
        "app/src/name.ts": "export const name = 'own'",
        "shared/name.ts": "export const all = 'all'",
        "app/web.image.ts": `export { name } from "#own/name"; export { all } from "@all/name.js"`,
      },
      ["app/web.image.ts"],
    );
    expect(errors).toEqual([]);
    expect({ ...exports }).toEqual({ name: "own", all: "all" });
  });

  it("imports workspace packages that are TypeScript, CommonJS packages and JSON", async () => {
    const tree = treeOf({
      "packages/base/package.json": `{"name":"@acme/base","exports":{".":"./src/index.ts","./*":"./src/*.ts"}}`,
      "packages/base/src/index.ts": "export const base: number = 1",
      "packages/base/src/extra.ts": "export const extra: number = 2",
      "node_modules/old/package.json": `{"name":"old","main":"main.js"}`,
      "node_modules/old/main.js": "exports.old = 3",
      "data.json": `{"four": 4, "__proto__": 5}`,
      "helper.js": "module.exports = { six: 6 }",
      "esm.js": "export const seven = 7",
      "web.ts": `
        import { base } from "@acme/base"; import { extra } from "@acme/base/extra"; import { old } from "old";
        import data from "./data.json"; import same from "./data.json" with { type: "json" };
        import helper from "./helper.js"; import { seven } from "./esm.js"; import fs from "node:fs";
        export const all = [base, extra, old, data.four, same === data, helper.six, seven, typeof fs.readFileSync];
        export const meta = [import.meta.dirname, import.meta.filename, new URL("./data.json", import.meta.url).pathname];`,
    });
    fs.mkdirSync(tree.path("node_modules/@acme"), { recursive: true });
    fs.symlinkSync("../../packages/base", tree.path("node_modules/@acme/base"));
    const before = fs.readdirSync(tree.root, { recursive: true }).sort();
    const result = await loadModules({
      files: [tree.path("web.ts")],
      self,
      signal: new AbortController().signal,
      linked,
    });
    expect(result.errors).toEqual([]);
    expect(result.modules[0]?.exports.all).toEqual([1, 2, 3, 4, true, 6, 7, "function"]);
    expect(result.modules[0]?.exports.meta).toEqual([tree.root, tree.path("web.ts"), tree.path("data.json")]);
    expect(result.modules[0]?.sources).toContain(tree.path("packages/base/src/index.ts"));
    expect(fs.readdirSync(tree.root, { recursive: true }).sort()).toEqual(before);
  });

  it("lowers what the oldest Node cannot run, with helpers of its own", async () => {
    const { exports, errors } = await load(
      {
        "web.ts": `
          const log: string[] = [];
          const mark = (_: unknown, name?: string) => void log.push(name ?? "class");
          @mark class A { @mark method() {} }
          { using r = { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: () => log.push("disposed") }; }
          export { log, A };`,
      },
      ["web.ts"],
    );
    expect(errors).toEqual([]);
    expect(exports.log).toEqual(["method", "class", "disposed"]);
  });

  it("keeps the meaning of ES modules: live bindings, order, circles, what is awaited, imports at run time", async () => {
    const { exports, errors } = await load(
      {
        "web.ts": `
          import def, * as all from "./counter.ts"; import { count, add } from "./counter.ts"; import { order } from "./order.ts";
          import "./first.ts"; import "./second.ts"; import { even } from "./even.ts";
          add(); add();
          const lazy = await import("./lazy" + ".ts"); const again = await import("./lazy.ts"); const own = await import("node:path");
          export const seen = [def, all.count, count, Object.keys(all).join(), order.join(), even(10), lazy === again, typeof own.sep];
          export const resolved = [import.meta.resolve("./lazy.ts"), import.meta.resolve("node:fs")];
          export { add as renamed } from "./counter.ts"; export * from "./second.ts"; export * as space from "./first.ts";`,
        "counter.ts":
          "export let count = 0; export const add = () => { count++; }; export default 'default';",
        "order.ts": "export const order: string[] = [];",
        "first.ts":
          "import { order } from './order.ts'; await new Promise((r) => setTimeout(r, 20)); order.push('first'); export const f = 1;",
        "second.ts":
          "import { order } from './order.ts'; import './first.ts'; order.push('second'); export const s = 2; export default 3;",
        "even.ts":
          "import { odd } from './odd.ts'; export function even(n: number): boolean { return n === 0 || odd(n - 1); }",
        "odd.ts":
          "import { even } from './even.ts'; export const odd = (n: number): boolean => n !== 0 && even(n - 1);",
        "lazy.ts": "export const lazy = true;",
      },
      ["web.ts", "odd.ts", "even.ts", "second.ts"],
    );
    expect(errors).toEqual([]);
    expect(exports.seen).toEqual([
      "default",
      2,
      2,
      "add,count,default",
      "first,second",
      true,
      true,
      "string",
    ]);
    expect(Object.keys(exports)).toEqual(["renamed", "resolved", "s", "seen", "space"]);
    const [lazy, fs] = exports.resolved as readonly string[];
    expect([new URL(lazy ?? "").pathname.endsWith("/lazy.ts"), fs]).toEqual([true, "node:fs"]);
  });

  it("runs modules anew in every load", async () => {
    const tree = treeOf({ "web.ts": `export { a } from "./a.ts"`, "a.ts": "export const a = 1" });
    const options = { files: [tree.path("web.ts")], self, signal: new AbortController().signal, linked };
    const first = await loadModules(options);
    tree.write("a.ts", "export const a = 2");
    const second = await loadModules(options);
    expect([first.modules[0]?.exports.a, second.modules[0]?.exports.a]).toEqual([1, 2]);
  });
});

describe.each(bothWays)("mistakes in modules, $way", ({ here }) => {
  beforeAll(() => {
    linked = here;
  });

  it("reports a syntax error once, with its place, and loads the others", async () => {
    const { errors, result } = await load(
      {
        "good.ts": "export const good = 1",
        "bad.ts": "export const é = '😀';\nexport const b = call('😀', ;\n",
        "user.ts": `import "./bad.ts"`,
      },
      ["good.ts", "bad.ts", "user.ts"],
    );
    expect(errors.map(({ code, place }) => [code, place])).toEqual([["MODULE_SYNTAX", "bad.ts:2:29"]]);
    expect(result.modules.map(({ exports }) => ({ ...exports }))).toEqual([{ good: 1 }]);
  });

  it("reports mistakes in JavaScript and JSON alike", async () => {
    const { errors } = await load(
      {
        "a.ts": `import "./a.json"`,
        "a.json": `{\n  "x": 1,\n}`,
        "b.mjs": "export const x = = 1",
      },
      ["a.ts", "b.mjs"],
    );
    expect(errors.map(({ code, place }) => [code, place])).toEqual([
      ["MODULE_SYNTAX", "a.json:3:1"],
      ["MODULE_SYNTAX", "b.mjs:1:18"],
    ]);
  });

  it("shows where something missing is imported", async () => {
    const { errors } = await load(
      {
        "a.ts": `import fs from "node:fs";\nimport { x } from "./nowhere.ts";\nexport { x, fs }`,
        "b.ts": `import "no-such-package";`,
      },
      ["a.ts", "b.ts", "gone.ts"],
    );
    expect(errors).toMatchObject([
      { code: "MODULE_NOT_FOUND", place: "a.ts:2:19", message: `cannot find "./nowhere.ts"` },
      { code: "MODULE_NOT_FOUND", place: "b.ts:1:8", hint: expect.stringContaining("install the package") },
      { code: "MODULE_UNREADABLE", place: "gone.ts:1:1" },
    ]);
  });

  it("shows the name that is not exported and the nearest that is", async () => {
    const { errors } = await load(
      { "a.ts": `import {\n  bse,\n} from "./base.ts";\nexport { bse }`, "base.ts": "export const base = 1" },
      ["a.ts"],
    );
    expect(errors).toEqual([
      {
        code: "MODULE_EXPORT_MISSING",
        message: `"./base.ts" does not export bse`,
        place: "a.ts:2:3",
        hint: "did you mean base?",
        details: undefined,
      },
    ]);
  });

  it("stops those that need what is wrong, and no others", async () => {
    const { errors, result, relative } = await load(
      {
        "wrong.ts": `import { nothing } from "./shared.ts"; export { nothing }`,
        "needs-wrong.ts": `import "./wrong.ts"; export const a = 1`,
        "right.ts": `import { some } from "./shared.ts"; export { some }`,
        "shared.ts": "export const some = 1",
        "throws.ts": `import "./right.ts"; throw new Error("no")`,
        "needs-throws.ts": `import "./throws.ts"; export const b = 1`,
        "lazy.ts": `export const caught = await import("./throws.ts").catch((error) => error.message)`,
      },
      // Node 20's own loader has a message of its own where two that fail are loaded at once.
      [
        ...(here ? ["needs-wrong.ts"] : []),
        "wrong.ts",
        "right.ts",
        "throws.ts",
        "needs-throws.ts",
        "lazy.ts",
      ],
    );
    expect(errors.map(({ code, place }) => [code, place])).toEqual([
      ["MODULE_EXPORT_MISSING", "wrong.ts:1:10"],
      ["MODULE_THREW", "throws.ts:1:28"],
    ]);
    expect(result.modules.map(({ file, exports }) => [relative(file), { ...exports }])).toEqual([
      ["right.ts", { some: 1 }],
      ["lazy.ts", { caught: "no" }],
    ]);
  });

  it("tells what a package throws, and which module imports it", async () => {
    const { errors } = await load(
      {
        "a.ts": `import "broken"; export const a = 1`,
        "b.ts": "export const b = 1",
        "node_modules/broken/package.json": `{"name":"broken","type":"module","exports":"./index.js"}`,
        "node_modules/broken/index.js": "throw new TypeError('it is broken')",
      },
      ["a.ts", "b.ts"],
    );
    expect(errors).toMatchObject([
      { code: "MODULE_THREW", message: "the module threw TypeError: it is broken", place: "a.ts:1:1" },
    ]);
  });

  it("shows where a module throws, in the source as written", async () => {
    const { errors } = await load(
      {
        "a.ts": `interface Long { a: number }\n\n\nexport const x: Long = make();\nfunction make(): Long {\n  throw new Error("no luck\\nat all");\n}`,
        "b.ts": `import "./a.ts"`,
        "c.ts": "throw 'text'",
      },
      ["a.ts", "b.ts", "c.ts"],
    );
    expect(errors).toMatchObject([
      {
        code: "MODULE_THREW",
        message: "the module threw Error: no luck",
        place: "a.ts:6:9",
        details: "Error: no luck\nat all",
      },
      { code: "MODULE_THREW", message: "the module threw a string: text", place: "c.ts:1:1" },
    ]);
  });

  it("reports a circle of imports as the circle that it is", async () => {
    const { errors } = await load(
      {
        "a.ts": `import { b } from "./b.ts";\nexport const a = [b];`,
        "b.ts": `import { c } from "./c.ts";\nexport const b = [c];`,
        "c.ts": `import { a } from "./a.ts";\nexport const c = [a];`,
        "own.ts": "export const x = y;\nconst y = 1;",
      },
      ["a.ts", "own.ts"],
    );
    expect(errors).toMatchObject([
      {
        code: "MODULE_CYCLE",
        place: "c.ts:2:19",
        details: "c.ts\n  imports a.ts\n  imports b.ts\n  imports c.ts",
      },
      { code: "MODULE_THREW", place: "own.ts:1:18" },
    ]);
  });

  it("keeps a module from ending the process", async () => {
    const { errors } = await load({ "a.ts": "\nif (true as boolean) process.exit(3);\nexport const a = 1" }, [
      "a.ts",
    ]);
    expect(errors).toMatchObject([
      {
        code: "MODULE_EXITED",
        message: "process.exit(3) was called while the module was loaded",
        place: "a.ts:2:30",
      },
    ]);
  });

  it("finds the module that never finishes", async () => {
    const { errors, result } = await load(
      {
        "a.ts": `import "./stuck.ts"`,
        "b.ts": "export const b = 1",
        "stuck.ts": "import './b.ts';\nexport const x = await new Promise(() => {});",
      },
      ["a.ts", "b.ts"],
      1500,
    );
    expect(errors).toMatchObject([{ code: "MODULE_TIMEOUT", place: "stuck.ts:2:18" }]);
    expect(result.modules).toHaveLength(1);
  });

  it.skipIf(!here)("ends the module that loops, and runs the others", async () => {
    const { errors, result } = await load(
      {
        "a.ts": `import "./stuck.ts"`,
        "b.ts": "export const b = 1",
        "c.ts": `import "./a.ts"; export const c = 1;`,
        "stuck.ts": "import './b.ts';\nfor (;;) {}",
      },
      ["a.ts", "b.ts", "c.ts"],
      300,
    );
    expect(errors).toMatchObject([{ code: "MODULE_TIMEOUT", place: "stuck.ts:1:1" }]);
    expect(result.modules).toHaveLength(1);
  });

  it("stops waiting when it is aborted", async () => {
    const tree = treeOf({ "a.ts": "await new Promise(() => {});" });
    const signal = AbortSignal.timeout(200);
    await expect(loadModules({ files: [tree.path("a.ts")], self, signal, linked })).rejects.toThrow(
      /timeout/,
    );
  });
});
