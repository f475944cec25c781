import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { BuildRecords } from "../../../core/oci/store/build-records.ts";
import { TempFiles } from "../../../core/oci/store/temp-files.ts";
import { type BuildOptions, buildImages } from "../../../core/toolkit/build-images.ts";
import type { BuildRecord } from "../../../core/toolkit/build-record.ts";
import { pruneStore } from "../../../core/toolkit/prune-store.ts";
import { whyImage } from "../../../core/toolkit/why-image.ts";
import type { Cause } from "../../../core/toolkit/why/cause.ts";
import { requires } from "../../support/requires.ts";
import { plainBuild, ToolkitWorkspace } from "../../support/toolkit-workspace.ts";

const imports = `import { image, param, scratch } from "tsdock";\n`;
const copying = `${imports}export const web = image().from(scratch).copy("src", "/app/src").cmd(["/app/src/a"]);\n`;

function workspace(module: string = copying): ToolkitWorkspace {
  const one = new ToolkitWorkspace();
  one.write("src/a", "a\n");
  one.write("src/b", "b\n");
  one.write("web.image.ts", module);
  return one;
}

const build = (one: ToolkitWorkspace, options: Partial<BuildOptions> = {}, env = {}) =>
  buildImages({ ...plainBuild, ...options }, one.host(env));

const why = (one: ToolkitWorkspace, sinceBuild?: string) =>
  whyImage({ image: "web", sinceBuild, config: undefined }, one.host());

/** What `why` says of the only step of `web` that ran. */
async function causes(one: ToolkitWorkspace): Promise<readonly Cause[]> {
  const { vertices } = await why(one);
  expect(vertices).toHaveLength(1);
  return vertices[0]?.causes ?? [];
}

const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string;
const file = { type: "file", path: "/app/src/a" } as const;

interface Row {
  readonly kind: string;
  readonly change: (one: ToolkitWorkspace) => void;
  readonly expected: readonly Cause[];
}

const fileRows: readonly Row[] = [
  {
    kind: "content",
    change: (one) => one.write("src/a", "other\n"),
    expected: [{ ...file, change: "content", from: digest, to: digest }],
  },
  {
    kind: "mode",
    change: (one) => fs.chmodSync(one.path("src/a"), 0o755),
    expected: [{ ...file, change: "mode", from: "644", to: "755" }],
  },
  {
    kind: "an added file",
    change: (one) => one.write("src/sub/c", "c\n"),
    expected: [{ type: "file", path: "/app/src/sub/c", change: "added", to: digest }],
  },
  {
    kind: "a removed file",
    change: (one) => fs.rmSync(one.path("src/a")),
    expected: [{ ...file, change: "removed", from: digest }],
  },
  {
    kind: "a file that became a link",
    change(one) {
      fs.rmSync(one.path("src/a"));
      fs.symlinkSync("b", one.path("src/a"));
    },
    expected: [{ ...file, change: "kind", from: "file", to: "symlink" }],
  },
];

describe("tsdock why", () => {
  it("says that a first build is one, and that nothing ran since", async () => {
    await using one = workspace();
    await build(one);
    await build(one);
    const { vertices, later } = await why(one);
    expect(vertices.map(({ name, outcome, causes }) => ({ name, outcome, causes }))).toEqual([
      { name: "COPY src /app/src", outcome: "ran", causes: [{ type: "first" }] },
    ]);
    expect(vertices[0]?.source).toContain("web.image.ts:2:");
    expect(later).toBe(0);
    expect(fs.readdirSync(`${one.home}/records`)).toHaveLength(1);
  });

  it.each(fileRows)("names the file: $kind", async ({ change, expected }) => {
    await using one = workspace();
    await build(one);
    change(one);
    await build(one);
    expect(await causes(one)).toEqual(expected);
  });

  it("names a param", async () => {
    const module = `${imports}const port = param("port", 80);
export const web = image().from(scratch).file("/port", String(port)).copy("src", "/app/src");\n`;
    await using one = workspace(module);
    await build(one);
    await build(one, { params: { port: "81" } });
    expect(await causes(one)).toEqual([
      { type: "file", path: "/port", change: "content", from: digest, to: digest },
      { type: "param", name: "port", from: 80, to: 81 },
    ]);
  });

  it("names a base whose tag moved", async () => {
    await using one = workspace(
      `${imports}export const web = image().from("oci:base").copy("src", "/app/src");\n`,
    );
    await using base = workspace(
      `${imports}export const base = image().from(scratch).file("/version", "1");\n`,
    );
    const layout = { outputs: [`type=oci,dest=${one.path("base")}`] };
    await build(base, layout);
    await build(one);
    base.write(
      "web.image.ts",
      `${imports}export const base = image().from(scratch).file("/version", "2").label({ moved: "yes" });\n`,
    );
    await build(base, layout);
    await build(one);
    const { vertices } = await why(one);
    expect(vertices.flatMap(({ causes }) => causes)).toEqual([
      { type: "base", reference: expect.stringContaining("oci:") as string, from: digest, to: digest },
    ]);
  });

  it("says that prune took it", async () => {
    await using one = workspace();
    await build(one);
    one.write("src/a", "other\n");
    await build(one);
    one.write("src/a", "a\n");
    await pruneStore({ keepStorage: undefined, all: true, dryRun: false }, one.host());
    await build(one);
    const { vertices } = await why(one);
    const before = vertices[0]?.comparedWith ?? "";
    expect(vertices[0]?.causes).toEqual([{ type: "evicted", build: before }]);
    expect(fs.existsSync(`${one.home}/records/${before}.json`)).toBe(true);
  });

  it("says that --no-cache was given, and what else differs", async () => {
    await using one = workspace();
    await build(one);
    await build(one, { noCache: true });
    expect(await causes(one)).toEqual([{ type: "no-cache" }]);
    one.write("src/a", "other\n");
    await build(one, { noCache: true });
    expect(await causes(one)).toEqual([
      { type: "no-cache" },
      { ...file, change: "content", from: digest, to: digest },
    ]);
  });

  it("names another version of a plugin", async () => {
    const module = (version: string) => `import { image } from "tsdock";
import { definePlugin } from "./plugin.ts";
export const web = image().from(definePlugin("${version}"));\n`;
    await using one = workspace(module("1.0.0"));
    one.write(
      "plugin.ts",
      `import { source } from "tsdock/plugin";
export const definePlugin = (version: string) => {
  const plugin = {
    name: "made", version, title: () => "made", lockKey: () => undefined,
    resolve: () => Promise.resolve(null),
    build: async (spec, locked, context) => ({
      layers: [{ layer: await context.layer([{ type: "directory", path: "made", mode: 0o755, uid: 0, gid: 0, mtime: 0 }]), createdBy: "made" }], config: {},
    }),
  };
  return source(plugin, {});
};\n`,
    );
    await build(one);
    one.write("web.image.ts", module("1.1.0"));
    await build(one);
    const { vertices } = await why(one);
    expect(vertices.flatMap(({ causes }) => causes)).toContainEqual({
      type: "version",
      of: "made",
      from: "1.0.0",
      to: "1.1.0",
    });
  });

  it("names another version of tsdock's own work", async () => {
    await using one = workspace();
    await build(one);
    const records = new BuildRecords(`${one.home}/records`, new TempFiles(`${one.home}/tmp`));
    const [id = ""] = records.list();
    // As an older tsdock would have left it.
    const record = records.get(id) as unknown as BuildRecord;
    const text = JSON.stringify({
      ...record,
      declarations: { ...record.declarations, versions: { engine: 0, packing: 1 } },
    }).replaceAll(/"key":"[0-9a-f]{64}"/g, `"key":"${"0".repeat(64)}"`);
    fs.writeFileSync(`${one.home}/records/${id}.json`, text);
    fs.rmSync(`${one.home}/actions`, { recursive: true });
    fs.mkdirSync(`${one.home}/actions`);
    await build(one);
    expect(await causes(one)).toEqual([{ type: "version", of: "tsdock engine", from: "0", to: "1" }]);
  });

  it("compares with a build that is named, and explains a build right away", async () => {
    await using one = workspace();
    await build(one);
    const first = (await why(one)).build;
    one.write("src/a", "2\n");
    await build(one);
    one.write("src/b", "2\n");
    const explained: string[] = [];
    await build(one, { explain: (vertices) => explained.push(...vertices.map(({ name }) => name)) });
    expect(explained).toEqual(["COPY src /app/src"]);
    const { vertices, since } = await why(one, first);
    expect(since).toBe(first);
    expect(vertices.flatMap(({ causes }) => causes)).toEqual([
      { ...file, change: "content", from: digest, to: digest },
      { type: "file", path: "/app/src/b", change: "content", from: digest, to: digest },
    ]);
    await expect(why(one, "nonsense")).rejects.toMatchObject({ code: "BUILD_UNKNOWN" });
    await expect(
      whyImage({ image: "wbe", sinceBuild: undefined, config: undefined }, one.host()),
    ).rejects.toMatchObject({ code: "BUILD_UNKNOWN", hint: "did you mean web?" });
  });

  it("keeps the fifty newest records of a workspace", async () => {
    await using one = workspace();
    for (let count = 0; count < 53; count++) {
      one.write("src/a", `${count}\n`);
      await build(one);
    }
    expect(fs.readdirSync(`${one.home}/records`)).toHaveLength(50);
  });
});

describe.skipIf(!requires("root", "busybox-static", "overlayfs", "crun"))("tsdock why of commands", () => {
  const running = (chain: string) =>
    `${imports}export const web = image().from(scratch).copy("bin", "/bin/").copy("src", "/app/src")${chain};\n`;

  function withBusybox(chain: string): ToolkitWorkspace {
    const one = workspace(running(chain));
    fs.mkdirSync(one.path("bin"));
    fs.copyFileSync("/bin/busybox", one.path("bin/busybox"));
    fs.chmodSync(one.path("bin/busybox"), 0o755);
    return one;
  }

  const run = (script: string) => `.run(["/bin/busybox", "sh", "-c", ${JSON.stringify(script)}])`;

  it("names a variable, the text of a command, and the step below that gave other files", async () => {
    await using one = withBusybox(`.env({ LEVEL: "1" })${run("echo one > /made")}`);
    await build(one);
    one.write("web.image.ts", running(`.env({ LEVEL: "2" })${run("echo one > /made")}`));
    await build(one);
    const source = { type: "source", file: "web.image.ts", from: digest, to: digest };
    expect(await causes(one)).toEqual([{ type: "env", name: "LEVEL", from: "1", to: "2" }, source]);
    one.write("web.image.ts", running(`.env({ LEVEL: "2" })${run("echo two > /made")}`));
    await build(one);
    expect(await causes(one)).toEqual([
      {
        type: "command",
        from: "/bin/busybox sh -c echo one > /made",
        to: "/bin/busybox sh -c echo two > /made",
      },
      source,
    ]);
    one.write("src/a", "other\n");
    await build(one);
    const { vertices } = await why(one);
    expect(vertices.map(({ name, causes }) => [name.split(" ")[0], causes.map(({ type }) => type)])).toEqual([
      ["COPY", ["file"]],
      ["RUN", ["input"]],
    ]);
    expect(vertices[1]?.causes[0]).toMatchObject({ name: "COPY src /app/src" });
  });

  it("says that the last build failed at the step", async () => {
    await using one = withBusybox(run("test -e /app/src/go"));
    await expect(build(one)).rejects.toMatchObject({ code: "RUN_FAILED" });
    const failed = (await why(one)).vertices.at(-1);
    expect(failed).toMatchObject({ outcome: "failed", causes: [{ type: "first" }] });
    const explained: (readonly Cause[])[] = [];
    const explain: BuildOptions["explain"] = (told) => explained.push(...told.map(({ causes }) => causes));
    await expect(build(one, { explain })).rejects.toMatchObject({ code: "RUN_FAILED" });
    expect(explained.flat().map(({ type }) => type)).toEqual(["unfinished"]);
    const again = (await why(one)).vertices.at(-1);
    expect(again?.causes).toEqual([{ type: "unfinished", build: expect.any(String) as string }]);
  });
});
