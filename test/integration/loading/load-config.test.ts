import fs from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { loadDefault } from "../../../core/analyze/load-default.ts";
import { defineConfig } from "../../../core/config/define-config.ts";
import { loadConfig } from "../../../core/config/load-config.ts";
import { formatPlace } from "../../../core/errors/place.ts";
import { isTsdockError, type TsdockError, TsdockErrors } from "../../../core/errors/tsdock-error.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

const trees: TempTree[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) tree[Symbol.dispose]();
});

function treeOf(files: Readonly<Record<string, string>>): TempTree {
  const tree = tempTree({ "package.json": `{"workspaces":["packages/*"]}`, ...files });
  trees.push(tree);
  return tree;
}

const load = (tree: TempTree, cwd = ".", file?: string) =>
  loadConfig({
    cwd: tree.path(cwd),
    file,
    loadDefault: (module) =>
      loadDefault({ file: module, self: { tsdock: { defineConfig } }, signal: new AbortController().signal }),
  });

async function errorsOf(tree: TempTree, file?: string) {
  const thrown: unknown = await load(tree, ".", file).then(
    () => undefined,
    (error: unknown) => error,
  );
  const errors: readonly TsdockError[] =
    thrown instanceof TsdockErrors ? thrown.errors : isTsdockError(thrown) ? [thrown] : [];
  if (errors.length === 0) throw thrown;
  return errors.map(({ code, message, place, hint }) => {
    return { code, message, place: place && formatPlace(place).replace(`${tree.root}/`, ""), hint };
  });
}

describe("the configuration of a workspace", () => {
  it("does not mind a package.json that says nothing of tsdock, nor one that is no file", async () => {
    for (const files of [{ "a/package.json": "{}" }, { "a/package.json/x": "" }]) {
      const tree = treeOf(files);
      expect(await load(tree, "a")).toMatchObject({ file: undefined, directory: tree.root });
    }
  });

  it("is not looked for past a package.json that is no JSON", async () => {
    const tree = treeOf({ "package.json": `{ "workspaces": ["a"],\n  broken }` });
    expect(await errorsOf(tree)).toMatchObject([{ code: "CONFIG_INVALID", place: "package.json:2:3" }]);
  });

  it("is refused with its reason where it cannot be read", async () => {
    const tree = treeOf({});
    // Root may read everything that can be read.
    fs.symlinkSync("/proc/self/mem", tree.path("tsdock.config.json"));
    expect(await errorsOf(tree)).toMatchObject([
      { code: "CONFIG_INVALID", message: expect.stringContaining("cannot be read: EIO") },
    ]);
  });

  it("is never one that lies in the user's home", async () => {
    const tree = treeOf({ "home/tsdock/config.json": `{"registry":"registry.example"}`, "packages/a/x": "" });
    const before = process.env["XDG_CONFIG_HOME"];
    process.env["XDG_CONFIG_HOME"] = tree.path("home");
    try {
      expect(await load(tree, "packages/a")).toMatchObject({ file: undefined, registry: undefined });
    } finally {
      if (before === undefined) delete process.env["XDG_CONFIG_HOME"];
      else process.env["XDG_CONFIG_HOME"] = before;
    }
  });

  it("is found from a sub-folder, in TypeScript that imports TypeScript", async () => {
    const tree = treeOf({
      "tsdock.config.ts": `
        import { defineConfig } from "tsdock";
        import { registry } from "./settings.js";
        export default defineConfig({
          registry, images: "services/**/*.ts", tags: ["edge"], platforms: ["linux/arm64"], params: { port: 81 },
          repository: ({ name, directory }) => directory + "/" + name,
          groups: { release: ["web", "job-*"] }, registries: { "registry.example:5000": { http: true, ca: "ca.pem" } },
          plugins: { debian: { suite: "bookworm" } }, defaults: { labels: { a: "b" }, copy: { link: true } },
        });`,
      "settings.ts": `export const registry: string = "registry.example/acme"`,
      "ca.pem": "certificates",
      "packages/a/package.json": "{}",
      "packages/a/src/x.ts": "",
    });
    const config = await load(tree, "packages/a/src");
    expect(config).toMatchObject({
      directory: tree.root,
      file: tree.path("tsdock.config.ts"),
      registry: "registry.example/acme",
      images: ["services/**/*.ts"],
      tags: ["edge"],
      platforms: [{ os: "linux", architecture: "arm64" }],
      params: { port: 81 },
      groups: { release: ["web", "job-*"] },
      registries: { "registry.example:5000": { http: true, ca: "certificates" } },
      plugins: { debian: { suite: "bookworm" } },
      labels: { a: "b" },
      link: true,
    });
    expect(config.repository({ name: "web", directory: "services/web" })).toBe("services/web/web");
  });

  it.each([
    ["tsdock.config.json", `{"registry":"registry.example"}`],
    ["tsdock.config.yaml", "registry: registry.example"],
    ["tsdock.config.yml", "registry: registry.example"],
    ["tsdock.config.mjs", `export default { registry: "registry.example" }`],
    ["tsdock.config.js", `module.exports = { registry: "registry.example" }`],
    ["tsdock.config.mts", `export default { registry: "registry.example" as string }`],
    ["package.json", `{"tsdock":{"registry":"registry.example"}}`],
  ])("may be in %s", async (name, text) => {
    expect(await load(treeOf({ [name]: text }))).toMatchObject({ registry: "registry.example" });
  });

  it("may be missing: then the monorepo's root is the workspace, or the package", async () => {
    const tree = treeOf({ "packages/a/package.json": "{}" });
    expect(await load(tree, "packages/a")).toMatchObject({
      directory: tree.root,
      file: undefined,
      images: undefined,
    });
    const single = treeOf({ "package.json": "{}", "src/a.ts": "" });
    expect(await load(single, "src")).toMatchObject({ directory: single.root, platforms: [], params: {} });
    const pnpm = treeOf({ "package.json": "{}", "pnpm-workspace.yaml": "", "packages/a/package.json": "{}" });
    expect(await load(pnpm, "packages/a")).toMatchObject({ directory: pnpm.root });
  });

  it("is not looked for beyond the workspace", async () => {
    const tree = treeOf({
      "tsdock.config.json": `{"registry":"x"}`,
      "inner/package.json": `{"workspaces":[]}`,
    });
    expect(await load(tree, "inner")).toMatchObject({ registry: undefined });
  });

  it("is the one that is named", async () => {
    const tree = treeOf({ "tsdock.config.json": "{}", "ci/release.yaml": "tags: [stable]" });
    expect(await load(tree, ".", "ci/release.yaml")).toMatchObject({
      tags: ["stable"],
      directory: tree.path("ci"),
    });
    expect(await errorsOf(tree, "gone.ts")).toMatchObject([{ code: "CONFIG_NOT_FOUND" }]);
    expect(await errorsOf(tree, "ci")).toMatchObject([{ code: "CONFIG_NOT_FOUND" }]);
  });
});

describe("mistakes in the configuration", () => {
  it("are shown all at once with their places in TypeScript", async () => {
    const tree = treeOf({
      "tsdock.config.ts": `import { defineConfig } from "tsdock";
const registries = { "ghcr.io": { htp: true } };
const config = {
  regsitry: "x",
  platforms: ["linux/amd64", "linux"],
  registries,
  executor: "buildkit",
  tags: [() => "v1"],
  defaults: { user: "app", copy: { link: 1 } },
};
export default defineConfig(config as never);
`,
    });
    const errors = await errorsOf(tree);
    expect(errors.map(({ code, place }) => `${code} ${place}`).sort()).toEqual([
      "CONFIG_INVALID tsdock.config.ts:2:35",
      "CONFIG_INVALID tsdock.config.ts:4:3",
      "CONFIG_INVALID tsdock.config.ts:5:30",
      "CONFIG_INVALID tsdock.config.ts:8:10",
      "CONFIG_INVALID tsdock.config.ts:9:42",
      "CONFIG_UNSUPPORTED tsdock.config.ts:7:3",
      "CONFIG_UNSUPPORTED tsdock.config.ts:9:15",
    ]);
    const said = new Map(errors.map(({ place, message, hint }) => [place, [message, hint]]));
    expect(said.get("tsdock.config.ts:4:3")).toEqual(["regsitry is not an option", "did you mean registry?"]);
    expect(said.get("tsdock.config.ts:2:35")).toEqual([
      `registries["ghcr.io"].htp is not an option`,
      "did you mean http?",
    ]);
    expect(said.get("tsdock.config.ts:5:30")?.[0]).toBe(
      `platforms[1] must be os/architecture[/variant], such as linux/arm64, and is "linux"`,
    );
  });

  it("have places in JSON, YAML and package.json", async () => {
    const json = treeOf({ "tsdock.config.json": `{\n  "params": { "port": [] }\n}` });
    expect(await errorsOf(json)).toMatchObject([
      { code: "CONFIG_INVALID", place: "tsdock.config.json:2:23" },
    ]);
    const yaml = treeOf({
      "tsdock.config.yaml": `# comment\nparams:\n  name: params\n  port: 80\nplatforms:\n  - linux/amd64\n  - nothing\n\n"registri": x\n`,
    });
    expect(await errorsOf(yaml)).toMatchObject([
      { message: expect.stringContaining("platforms[1]"), place: "tsdock.config.yaml:7:5" },
      { message: "registri is not an option", place: "tsdock.config.yaml:9:1" },
    ]);
    const manifest = treeOf({ "package.json": `{\n "name": "x",\n "tsdock": { "registry": "http://x" }\n}` });
    expect(await errorsOf(manifest)).toMatchObject([{ code: "CONFIG_INVALID", place: "package.json:3:26" }]);
  });

  it("are told where the file itself is broken", async () => {
    const json = treeOf({ "tsdock.config.json": `{\n  "images": ]\n}` });
    expect(await errorsOf(json)).toMatchObject([
      { code: "CONFIG_INVALID", place: "tsdock.config.json:2:13" },
    ]);
    const yaml = treeOf({ "tsdock.config.yaml": "a: [\n" });
    expect(await errorsOf(yaml)).toMatchObject([{ code: "CONFIG_INVALID", place: "tsdock.config.yaml:2:1" }]);
    const ts = treeOf({ "tsdock.config.ts": "export default {\n  images: ,\n};" });
    expect(await errorsOf(ts)).toMatchObject([{ code: "MODULE_SYNTAX", place: "tsdock.config.ts:2:11" }]);
    const none = treeOf({ "tsdock.config.ts": "export const config = {};" });
    expect(await errorsOf(none)).toMatchObject([
      { code: "CONFIG_INVALID", hint: expect.stringContaining("defineConfig") },
    ]);
  });

  it("name certificates that cannot be read", async () => {
    const tree = treeOf({ "tsdock.config.json": `{"registries":{"registry.example":{"ca":"none.pem"}}}` });
    expect(await errorsOf(tree)).toMatchObject([
      { code: "CONFIG_INVALID", place: "tsdock.config.json:1:41" },
    ]);
  });
});
