import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { buildProgram, installProgram } from "../../../plugins/node/sandbox/build-program.ts";
import { type TestProject, project } from "./support.ts";

/** Scripts that say their names in one list. */
const says = (name: string, ...tasks: readonly string[]) => ({
  name,
  scripts: Object.fromEntries(tasks.map((task) => [task, `echo ${name}#${task} >> "$ROOT/log"`])),
});

const packages = {
  "package.json": { private: true, workspaces: ["packages/*"] },
  "packages/lib/package.json": says("lib", "build", "codegen"),
  "packages/tool/package.json": says("tool", "prepare-tool", "build"),
  "packages/app/package.json": {
    ...says("app", "prebuild", "build", "codegen"),
    dependencies: { lib: "*" },
    devDependencies: { tool: "*" },
  },
};

function workspace(files: Readonly<Record<string, string | object>>): TestProject {
  const one = project({ ...packages, ...files });
  fs.mkdirSync(path.join(one.directory, "node_modules"));
  for (const name of ["lib", "tool", "app"])
    fs.symlinkSync(`../packages/${name}`, path.join(one.directory, "node_modules", name));
  return one;
}

function execute(
  one: TestProject,
  program: string,
): { readonly stderr: string; readonly log: readonly string[] } {
  const { stderr } = spawnSync(process.execPath, ["-e", program], {
    encoding: "utf8",
    timeout: 60_000,
    env: { PATH: process.env["PATH"], ROOT: one.directory },
  });
  const log = path.join(one.directory, "log");
  return { stderr, log: fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n") : [] };
}

const build = (one: TestProject) =>
  execute(
    one,
    buildProgram({
      directory: path.join(one.directory, "packages/app"),
      root: one.directory,
      script: "build",
      entry: null,
      standalone: null,
    }),
  );

const own = ["app#prebuild", "app#build"];

describe("a package is built", () => {
  const orders: Readonly<
    Record<string, readonly [files: Readonly<Record<string, string | object>>, log: readonly string[]]>
  > = {
    "after those that it needs": [{}, ["lib#build", "tool#build", ...own]],
    "in the order of turbo.json": [
      {
        "turbo.json": `{ // with comments, and "//" in text
  "$schema": "https://turbo.example/schema.json",
  "tasks": { "build": { "dependsOn": ["codegen", "^build", "tool#prepare-tool", "$VARIABLE"] }, "codegen": {}, },
}`,
      },
      ["app#codegen", "lib#codegen", "tool#prepare-tool", "lib#build", "tool#build", ...own],
    ],
    "as an older turbo.json says of one package": [
      { "turbo.json": { pipeline: { build: { dependsOn: ["^build"] }, "app#build": {} } } },
      own,
    ],
    "as the package's own turbo.json says": [
      {
        "turbo.json": { tasks: { build: { dependsOn: ["^build"], outputs: ["dist/**"] } } },
        "packages/app/turbo.json": { extends: ["//"], tasks: { build: { dependsOn: ["codegen"] } } },
      },
      ["lib#codegen", "app#codegen", ...own],
    ],
    "in the order of nx.json": [
      {
        "nx.json": {
          targetDefaults: { build: { dependsOn: [{ target: "build", dependencies: true }, "codegen"] } },
        },
      },
      ["lib#codegen", "lib#build", "tool#build", "app#codegen", ...own],
    ],
    "as its project.json of Nx says": [
      {
        "packages/app/project.json": {
          targets: { build: { dependsOn: [{ projects: ["tool"], target: "build" }] } },
        },
      },
      ["tool#build", ...own],
    ],
    "in bounded time where tasks need one another": [
      { "turbo.json": { tasks: { build: { dependsOn: ["codegen"] }, codegen: { dependsOn: ["build"] } } } },
      ["app#codegen", ...own],
    ],
  };

  it.each(Object.entries(orders))("%s", async (_what, [files, wanted]) => {
    await using one = workspace(files);
    const { stderr, log } = build(one);
    expect(stderr).toBe("");
    expect(log).toEqual(wanted);
  });

  it("with a place where turbo.json cannot be read or names a stranger", async () => {
    await using broken = workspace({ "turbo.json": "{ tasks" });
    expect(build(broken).stderr).toMatch(/turbo\.json is not JSON/);
    await using strange = workspace({ "turbo.json": { tasks: { build: { dependsOn: ["other#build"] } } } });
    expect(build(strange).stderr).toMatch(
      /build of app comes after other#build, on which it does not depend/,
    );
  });
});

describe("install scripts", () => {
  it("run in packages of the names that were given, scoped ones too, and nowhere else", async () => {
    const script = { scripts: { preinstall: "echo pre >> log", postinstall: "echo post >> log" } };
    await using one = project({
      "node_modules/a/package.json": { name: "a", ...script },
      "node_modules/a/lib/package.json": { name: "b", ...script },
      "node_modules/@s/b/package.json": { name: "@s/b", ...script },
      "node_modules/@s/b/node_modules/a/package.json": { name: "a", ...script },
      "node_modules/b/package.json": { name: "b", ...script },
    });
    execute(one, installProgram({ root: one.directory, names: ["a", "@s/b"] }));
    const file = path.join(one.directory, "node_modules/.install-scripts.json");
    const ran = ["node_modules/@s/b", "node_modules/@s/b/node_modules/a", "node_modules/a"];
    expect(JSON.parse(fs.readFileSync(file, "utf8"))).toEqual(ran);
    for (const at of ran)
      expect(fs.readFileSync(path.join(one.directory, at, "log"), "utf8")).toBe("pre\npost\n");
    expect(fs.existsSync(path.join(one.directory, "node_modules/b/log"))).toBe(false);
  });
});
