import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { findProgram, requires } from "../support/requires.ts";
import { TestingProject } from "../support/testing-project.ts";

const imageModule = `import { image, param, scratch } from "tsdock";
const greeting = param("greeting", "hello");
const base = image().from(scratch)
  .copy("busybox", "/bin/busybox").symlink("busybox", "/bin/sh").symlink("busybox", "/bin/cat").symlink("busybox", "/bin/id")
  .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\\nnode:x:1000:1000::/home/node:/bin/sh\\n")
  .file("/etc/group", "root:x:0:\\nnode:x:1000:\\n")
  .file("/tmp/left-behind", "x");
export const web = base
  .remove("/tmp/left-behind")
  .file("/app/server.js", "listen(80);\\n", { chown: "node", chmod: "640" })
  .symlink("/app/server.js", "/current")
  .symlink("nowhere", "/dangling")
  .file("/app/greeting", greeting)
  .env({ NODE_ENV: "production" }).label({ team: "core" }).user("node").workdir("/app").expose(80, "53/udp")
  .entrypoint(["cat"]).cmd(["/app/greeting"]);
`;

function project(): TestingProject {
  const one = new TestingProject();
  fs.copyFileSync(findProgram("busybox") ?? "/bin/busybox", one.path("busybox"));
  fs.chmodSync(one.path("busybox"), 0o755);
  one.write("web.image.ts", imageModule);
  one.write(
    "web.structure.yaml",
    'schemaVersion: "2.0.0"\nfileExistenceTests:\n  - {name: server, path: /app/server.js, permissions: -rw-r-----}\n',
  );
  one.write(
    "tsconfig.json",
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: "nodenext",
        target: "es2022",
        allowImportingTsExtensions: true,
        skipLibCheck: true,
        types: ["node"],
      },
      include: ["*.ts"],
    }),
  );
  return one;
}

/** Layers as other tools write them: hard links, whose first name is removed later, and a directory that hides what lies below it. */
const layeredModule = `import { image } from "tsdock";
import { type LayerEntry, source, type SourcePlugin } from "tsdock/plugin";
const common = { uid: 0, gid: 0, mtime: 0 };
const file = (path: string, text: string): LayerEntry =>
  ({ ...common, type: "file", path, mode: 0o640, size: text.length, content: new TextEncoder().encode(text) });
const directory = (path: string): LayerEntry => ({ ...common, type: "directory", path, mode: 0o755 });
const layers: readonly LayerEntry[][] = [
  [directory("d"), file("d/old", "old"), directory("d/sub"), file("d/sub/x", "x"), file("first", "shared"),
    { ...common, type: "hardlink", path: "second", mode: 0o640, target: "first" }],
  [directory("d"), file("d/.wh..wh..opq", ""), file("d/new", "new"), file(".wh.first", "")],
];
const plugin: SourcePlugin = {
  name: "written", version: 1, title: () => "written", lockKey: () => undefined, resolve: async () => null,
  build: async (_spec, _locked, context) => ({
    layers: await Promise.all(layers.map(async (entries) => ({ layer: await context.layer(entries), createdBy: "written" }))), config: {},
  }),
};
export const layered = image().from(source(plugin, null)).cmd(["x"]);
`;

const layeredExpectations = `
it("sees hard links and opaque directories as containers do", async () => {
  const built = await build("layered");
  await expect(built).toHaveFile("/second", { type: "file", content: "shared", size: 6, mode: "640" });
  await expect(built).toHaveNoFile("/first");
  await expect(built).not.toHaveFile("/first");
  await expect(built).toHaveFile("/d/new", { content: "new" });
  await expect(built).toHaveFile("/d", { type: "directory", mode: "755" });
  for (const gone of ["/d/old", "/d/sub", "/d/sub/x", "/d/.wh..wh..opq", "/.wh.first"]) await expect(built).toHaveNoFile(gone);
  await expect(built).toHaveNoFile(/wh/);
  expect(await Promise.all(built.layers.map((layer) => layer.removed()))).toEqual([[], ["/d/old", "/d/sub", "/first"]]);
  await expect(expect(built).toHaveFile("/d/olf")).rejects.toThrow("it is not there; /d has new");
});
`;

const expectations = `
    expect(built.imageId).toMatch(/^sha256:/);
    await expect(built).toHaveFile("/app/server.js", { mode: "640", owner: "node:node", content: "listen(80);\\n", size: 12 });
    await expect(built).toHaveFile("/current", { content: /listen/ });
    await expect(built).toHaveFile("/current", { target: "/app/server.js" });
    await expect(built).toHaveFile("/app", { type: "directory" });
    await expect(built).not.toHaveFile("/app");
    await expect(built).not.toHaveFile("/app/server.js", { mode: "644" });
    await expect(built).not.toHaveFile("/dangling");
    await expect(built).not.toHaveNoFile("/dangling");
    await expect(built).toHaveNoFile("/tmp/left-behind");
    await expect(built).toHaveNoFile(/\\.map$/);
    await expect(built).toHaveConfig({ user: "node", workdir: "/app", env: { NODE_ENV: /^prod/, DEBUG: undefined },
      labels: { team: "core" }, expose: [80, "53/udp"], entrypoint: ["cat"], cmd: ["/app/greeting"], healthcheck: null });
    await expect(built).not.toHaveConfig({ user: "" });
    await expect(built).toBeSmallerThan("20MB");
    await expect(built).not.toBeSmallerThan(10);
    await expect(built).toPassStructureTests("web.structure.yaml");
`;

describe.skipIf(!requires("busybox-static"))("tsdock/testing", () => {
  it("has matchers for vitest, typed, on values and on names", async () => {
    await using one = project();
    one.write(
      "web.test.ts",
      `import { expect, it } from "vitest";
import { build, expectImage, open } from "tsdock/testing";
import { imageMatchers } from "tsdock/testing/vitest";
import { web } from "./web.image.ts";
expect.extend(imageMatchers);
for (const [how, what] of [["value", web], ["name", "web"]] as const) {
  it(how, async () => {
    const built = await build(what);
${expectations}
    const layers = expectImage(built).layers;
    expect(layers.map(({ createdBy }) => createdBy).filter((line) => line.includes("busybox")).length).toBeGreaterThan(0);
    expect(await layers[0]?.files()).toEqual(["/bin", "/bin/busybox"]);
    expect((await Promise.all(layers.map((layer) => layer.removed()))).flat()).toEqual(["/tmp/left-behind"]);
    expect(await expectImage(built).run(["id", "-u"])).toEqual({ exitCode: 0, stdout: "1000\\n", stderr: "" });
    expect((await built.run()).stdout).toBe("hello");
    expect((await built.run(["sh", "-c", "echo $A >&2; pwd; exit 3"], { env: { A: "b" }, workdir: "/", user: "0" })))
      .toEqual({ exitCode: 3, stdout: "/\\n", stderr: "b\\n" });
    await expect(built.run(["sh", "-c", "while :; do :; done"], { timeoutMs: 500 })).rejects.toThrow(/did not end within 500 ms/);
  });
}
it("params", async () => {
  expect((await (await build("web", { params: { greeting: "bonjour" } })).text("/app/greeting"))).toBe("bonjour");
  await expect(build(web, { params: { greeting: "x" } })).rejects.toThrow(/module has run already/);
});
it("variants that nobody exports, and what is there already", async () => {
  const variant = await build(web.env({ DEBUG: "1" }));
  await expect(variant).toHaveConfig({ env: { DEBUG: "1" } });
  const stored = await open("web");
  await expect(stored).toHaveConfig({ env: { DEBUG: undefined } });
  await expect(build("nothing")).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
  await expect(build(Promise.resolve(web) as never)).rejects.toThrow(/a promise is no image/);
});
${layeredExpectations}
it("says what is wrong", async () => {
  const built = await build(web);
  const message = async (promise: Promise<unknown>) => promise.then(() => "", (error: Error) => error.message);
  expect(await message(expect(built).toHaveFile("/app/serve.js"))).toMatch(/^expected web \\([0-9a-f]{12}\\) to have the file \\/app\\/serve.js: it is not there; did you mean \\/app\\/server.js\\?/);
  expect(await message(expect(built).toHaveFile("/dangling"))).toContain("it is a link to nowhere, which is not there");
  expect(await message(expect(built).toHaveFile("/app/server.js", { mode: "644", owner: "0" }))).toContain("its mode is 640, not 644; its owner is 1000, not 0");
  expect(await message(expect(built).not.toHaveFile("/app/server.js"))).toMatch(/not to have the file \\/app\\/server.js, and it does/);
  expect(await message(expect(built).toHaveConfig({ user: "root" }))).toContain('user is "node", not "root"');
  expect(await message(expect(built).toBeSmallerThan("1kB"))).toContain("by COPY busybox");
  expect(await message(expect(web).toHaveFile("/a"))).toContain("was an await forgotten?");
});
`,
    );
    one.write("layered.image.ts", layeredModule);
    const checked = await one.typeCheck();
    expect(checked).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    // Builds take as long as the machine lets them.
    const { exitCode, stdout, stderr } = await one.vitest("--testTimeout=60000");
    expect([exitCode, stdout, stderr]).toEqual([0, expect.stringContaining("6 passed"), ""]);
  });

  it("has assertions for node:test that show what differs", async () => {
    await using one = project();
    one.write("web.image.mjs", imageModule.replace("export const web", "export const web2"));
    one.write(
      "web.test.mjs",
      `import { test } from "node:test";
import { build, expectImage } from "tsdock/testing";
import { web2 } from "./web.image.mjs";
const expect = expectImage;
test("holds", async () => {
  const built = await build(web2);
${expectations.replace(/expect\(built\.imageId\).*;/, "")}
});
test("differs", async () => {
  await expectImage(await build(web2)).toHaveFile("/app/server.js", { content: "listen(81);\\n" });
});
test("is given a promise", async () => {
  await expectImage(build(web2)).toHaveFile("/app/server.js");
});
`,
    );
    const { exitCode, stdout } = await one.nodeTest("web.test.mjs");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^ok 1 - holds/m);
    expect(stdout).toMatch(/^not ok 2 - differs/m);
    expect(stdout).toContain("AssertionError");
    expect(stdout).toMatch(/\+ +content: 'listen\(80\);/);
    expect(stdout).toMatch(/- +content: 'listen\(81\);/);
    expect(stdout).toMatch(/^not ok 3[\s\S]*was an await forgotten/m);
  });
});
