import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { CliWorkspace, finished } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";

const dsl = 'import { image, param, scratch } from "tsdock";\n';

interface Problems {
  readonly problems: readonly {
    readonly code: string;
    readonly message: string;
    readonly place?: { readonly file: string; readonly line: number; readonly column: number };
    readonly hint?: string;
  }[];
}

/** Code and place of every problem that `check --json` tells. */
async function problemsOf(
  files: Readonly<Record<string, string>>,
  exitCode: number,
): Promise<readonly string[]> {
  await using workspace = new InProcessWorkspace();
  for (const [name, text] of Object.entries(files)) workspace.write(name, text);
  const result = await workspace.run(["check", "--json"]);
  expect([result.exitCode, result.stderr]).toEqual([exitCode, ""]);
  const { problems } = JSON.parse(result.stdout) as Problems;
  for (const { hint, message } of problems) expect([hint, message]).not.toContain(undefined);
  return problems.map(({ code, place }) => {
    const where = place === undefined ? "" : ` ${path.basename(place.file)}:${place.line}:${place.column}`;
    return `${code}${where}`;
  });
}

describe("tsdock check", () => {
  it("finds nothing wrong with what is sound", async () => {
    const sound = {
      "a.image.ts": `${dsl}const port = param("port", 80);
export const a = image().from(scratch).expose(port);
export const builder = image("b");
export const helper = (name: string) => image().from(scratch).label({ name });
export const twice = () => image().from(scratch);
export const plain = { answer: 42 };
export const later = Promise.resolve(1);
`,
      "b.image.ts": `import { builder, twice } from "./a.image.ts";\nexport const b = builder.from(twice());\n`,
    };
    expect(await problemsOf(sound, 0)).toEqual([]);
    await using workspace = new InProcessWorkspace();
    for (const [name, text] of Object.entries(sound)) workspace.write(name, text);
    expect(await workspace.run(["check"])).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "no problems found\n",
    });
  });

  it("tells errors of types with those of declarations, and modules that do not load once", async () => {
    const found = await problemsOf(
      {
        "a.image.ts": `${dsl}export const a = image().from(scratch).expose("80/http");\nconst x: number = "a";\nexport default x;\n`,
        "b.image.ts": `${dsl}export const b = image(.from(scratch);\n`,
        "c.image.ts": `${dsl}import { none } from "./d.ts";\nexport const c = image().from(none);\n`,
        "d.ts": "export const some = 1;\n",
      },
      3,
    );
    expect(found).toEqual([
      "MODULE_SYNTAX b.image.ts:2:24",
      "MODULE_EXPORT_MISSING c.image.ts:2:10",
      "PORT_INVALID a.image.ts:2:40",
      "TYPE_ERROR a.image.ts:2:47",
      "TYPE_ERROR a.image.ts:3:7",
    ]);
  });

  it("finds params that nothing reads and exports that are meant to be images", async () => {
    const found = await problemsOf(
      {
        "a.image.ts": `${dsl}const port = param("port", 80);
export const notCalled = () => image().from(scratch);
export const noBase = image();
export const promise = Promise.resolve(image().from(scratch));
export const method = image().from(scratch).copy;
export default function main() {
  return image().from(scratch);
}
`,
      },
      3,
    );
    expect(found).toEqual([
      "EXPORT_NOT_IMAGE a.image.ts:3:14",
      "IMAGE_WITHOUT_BASE a.image.ts:4:14",
      "EXPORT_NOT_IMAGE a.image.ts:5:14",
      "EXPORT_NOT_IMAGE a.image.ts:6:14",
      "EXPORT_NOT_IMAGE a.image.ts:7:25",
      "PARAM_UNUSED a.image.ts:2:7",
    ]);
  });

  it("shows them to people with what is written there", async () => {
    await using workspace = new InProcessWorkspace();
    workspace.write(
      "a.image.ts",
      `${dsl}const port = param("port", 80);\nexport const notCalled = () => image().from(scratch);\n`,
    );
    workspace.write("b.image.ts", `${dsl}export const same = image("same").from(scratch);\n`);
    workspace.write("c.image.ts", `${dsl}export const other = image("same").from(scratch);\n`);
    const { exitCode, stdout, stderr } = await finished(workspace.start(["check"]));
    expect([exitCode, stdout]).toEqual([3, ""]);
    const frames = [
      [
        "error EXPORT_NOT_IMAGE",
        "a.image.ts:3:14",
        "> 3 | export const notCalled = () => image().from(scratch);",
      ],
      ["warning unused-param", "a.image.ts:2:7", '> 2 | const port = param("port", 80);'],
      ["error NAME_DUPLICATE", "c.image.ts:2:14", '> 2 | export const other = image("same").from(scratch);'],
    ] as const;
    const blocks = stderr.split(/^(?=(?:error|warning) )/m);
    for (const [label, place, line] of frames) {
      const block = blocks.find((text) => text.startsWith(`${label} `)) ?? "";
      expect(block).toContain(`  at ${workspace.path(place)}\n`);
      const [, , column = "1"] = place.split(":");
      expect(block).toContain(`${line}\n      | ${" ".repeat(Number(column) - 1)}^`);
      expect(block).toMatch(/^ {2}hint \S/m);
    }
  });

  it("goes by each package's tsconfig.json", async () => {
    const module = `${dsl}export const a = image().from(scratch).label({ a: undefined as never as null });\n`;
    const files = (strict: boolean) => ({
      "p/package.json": "{}",
      "p/tsconfig.json": JSON.stringify({ compilerOptions: { strict, module: "nodenext", types: [] } }),
      "p/a.image.ts": module.replace(
        "undefined as never as null",
        '["x"][0] as string | undefined as string',
      ),
      "p/b.image.ts": "export const length = (text) => text.length;\n",
    });
    expect(await problemsOf(files(false), 0)).toEqual([]);
    expect(await problemsOf(files(true), 3)).toEqual(["TYPE_ERROR b.image.ts:1:24"]);
  });
});

describe("what is loaded", () => {
  /** The CommonJS packages that a run of the command line loaded. */
  async function packagesOf(workspace: CliWorkspace, args: readonly string[]): Promise<readonly string[]> {
    const list = workspace.path("loaded.json");
    const hook = `import module from "node:module"; import fs from "node:fs";
      process.on("exit", () => fs.writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(module._cache))));`;
    const result = await workspace.run(args, {
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(hook)}`,
    });
    expect([result.exitCode, result.stderr]).toEqual([0, expect.any(String)]);
    const files = JSON.parse(fs.readFileSync(list, "utf8")) as readonly string[];
    return [...new Set(files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? ""))];
  }

  it("is neither ts-morph nor the compiler for help and for a build that does nothing", async () => {
    await using workspace = new CliWorkspace();
    workspace.write("a.image.ts", `${dsl}export const a = image().from(scratch).file("/a", "b");\n`);
    expect((await workspace.run(["build"])).exitCode).toBe(0);
    // The compiler is in @ts-morph/common. That `check` loads both shows that the list would have them.
    const heavy = ["ts-morph", "@ts-morph/common"];
    expect(await packagesOf(workspace, ["check"])).toEqual(expect.arrayContaining(heavy));
    for (const args of [["--help"], ["build"], ["build", "--json"]]) {
      const loaded = await packagesOf(workspace, args);
      expect(loaded.filter((name) => [...heavy, "typescript"].includes(name))).toEqual([]);
    }
  });
});
