import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";

/** Everything that Dockerfiles have an instruction for; nothing of it is fetched or run. */
const native = `
import { image, mount } from "tsdock";
const BOX = "busybox:1.36";
const builder = image().from(BOX).workdir("/src").copy("src", ".").run("cat index.js > out.js");
const base = image().from(BOX).env({ A: "1", B: "it's \\"quoted\\" and $5 \\\\ back" }).label({ "org.acme": "two words" }).user("ann");
export const web = image().from(base)
  .copy("a.txt", "/new/a", { chown: "ann:staff" }).copy(["a.txt", "b.txt"], "/m/", { chmod: "640", link: true })
  .copy("docs", "/docs", { exclude: ["*.md"] }).copy(["docs/*/x", "a.txt"], "/p/", { parents: true })
  .copy(["/src/out.js"], "/app/", { from: builder }).copy("/etc/passwd", "/etc/passwd", { from: BOX })
  .file("/etc/motd", "hello $HOME\\n")
  .shell("/bin/sh", "-e", "-c")
  .run("echo x", { network: "none", mounts: [mount.cache("/c"), mount.secret("t"), mount.bind("/in"), mount.tmpfs("/s")] })
  .run(\`
    echo one > /one
    echo "two" >> /one
  \`)
  .run(["touch", "/exec form"])
  .expose(80, "53/udp").volume("/data", "/with blank")
  .healthcheck({ test: ["true"], interval: "30s", timeout: "1m30s", retries: 2 })
  .stopSignal("SIGQUIT").entrypoint("exec sh").cmd(["-c", "x"]).onBuild("RUN true");
`;

const refused = `
import { diff, image, merge, mount, scratch } from "tsdock";
const a = image().from(scratch).copy("a.txt", "/a");
const b = a.copy("b.txt", "/b");
export const merged = image().from(merge(a, image().from("busybox").run("rm /a"))).cmd(["x"]);
export const different = image().from("busybox").copy("/", "/", { from: diff(a, b) });
export const laid = image().from("busybox").add(image().from("busybox"));
export const removing = image().from(a).remove("/a");
export const broken = image().from(scratch).copy("a.txt", "/a").env({ A: "one\\ntwo" });
export const deep = image().from(scratch).copy("**/*.txt", "/t/");
export const sticky = image().from(scratch).directory("/tmp", { chmod: "1777" });
export const separated = image().from("busybox").run("true", { mounts: [mount.cache("/a,b")] });
`;

interface Graph {
  readonly vertices: readonly { readonly id: string; readonly name: string }[];
}

interface BuiltLayers {
  readonly images: readonly {
    readonly platforms: readonly { readonly layers: readonly { readonly diffId: string }[] }[];
  }[];
}

describe("tsdock export", () => {
  let workspace: CliWorkspace;

  beforeAll(() => {
    workspace = new InProcessWorkspace();
    workspace.write("app/package.json", "{}");
    for (const name of ["a.txt", "b.txt", "docs/d/x", "src/index.js", "lib/l.txt"])
      workspace.write(`app/${name}`, name);
    workspace.write("tsdock.config.ts", `export default { registry: "registry.example/acme" };`);
  });

  afterAll(() => workspace[Symbol.asyncDispose]());

  const declare = (text: string): void => workspace.write("app/web.image.ts", text);
  const tsdock = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await workspace.run(args);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout;
  };

  it("gives a Dockerfile that is the same definition once it is imported", async () => {
    declare(native);
    const before = await workspace.json<Graph>(["graph"]);
    await tsdock("export", "dockerfile", "web", "-o", "app/Dockerfile");
    fs.rmSync(workspace.path("app/web.image.ts"));
    await tsdock("import", "app/Dockerfile", "-o", "app/web.image.ts", "--name", "web");
    const after = await workspace.json<Graph>(["graph"]);
    expect(after.vertices.map(({ id }) => id).sort()).toEqual(before.vertices.map(({ id }) => id).sort());
    const text = fs.readFileSync(workspace.path("app/Dockerfile"), "utf8");
    expect((await tsdock("export", "dockerfile", "web")).split("\n").slice(3).filter(isInstruction)).toEqual(
      text.split("\n").slice(3).filter(isInstruction),
    );
  });

  it("refuses what a Dockerfile cannot say, all of it in one go, each at its place", async () => {
    declare(refused);
    const { exitCode, stdout, stderr } = await workspace.run(["export", "dockerfile"]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    const places = [...stderr.matchAll(/web\.image\.ts:(\d+):\d+/g)].map(([, line]) => Number(line));
    expect([...new Set(places)].sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    expect(stderr.match(/EXPORT_UNSUPPORTED/g)).toHaveLength(8);
    expect(stderr.match(/^ {2}hint /gm)).toHaveLength(8);
  });

  it("puts what a Dockerfile cannot hold beside it, and says so where there is no beside", async () => {
    declare(`import { image, scratch } from "tsdock";
export const web = image().from(scratch).file("/host", "no line break").symlink("host", "/link");`);
    const printed = await workspace.run(["export", "dockerfile"]);
    expect([printed.exitCode, printed.stderr]).toEqual([2, expect.stringContaining("-o Dockerfile")]);
    for (let time = 0; time < 2; time += 1) await tsdock("export", "dockerfile", "-o", "out/Dockerfile");
    expect(fs.readFileSync(workspace.path("out/Dockerfile.files/1/host"), "utf8")).toBe("no line break");
    expect(fs.readlinkSync(workspace.path("out/Dockerfile.files/2/link"))).toBe("host");
    workspace.write("mine.files/precious", "");
    const { stderr } = await workspace.run(["export", "dockerfile", "-o", "mine"]);
    expect(stderr).toContain("OUTPUT_UNWRITABLE");
    expect(fs.existsSync(workspace.path("mine.files/precious"))).toBe(true);
  });

  it("writes merges as copies, and what plugins give as layouts beside the file", async () => {
    declare(`import { image, merge, scratch } from "tsdock";
import { source } from "tsdock/plugin";
const plugin = {
  name: "made", version: 1, title: (spec) => "made " + spec, lockKey: () => undefined, resolve: async () => null,
  async build(spec, locked, context) {
    const layer = await context.layer([{ type: "directory", path: spec, mode: 0o750, uid: 1, gid: 2, mtime: 0 }]);
    return { layers: [{ layer, createdBy: "made" }], config: { Env: ["MADE=" + context.platform.architecture] } };
  },
};
const made = (spec) => source(plugin, spec);
const a = image().from(scratch).copy("a.txt", "/a");
const both = merge(a, made("over"), merge(a, made("under")));
export const web = image().platforms("linux/amd64", "linux/arm64").from(made("over")).add(a)
  .env((env) => ({ TOO: env.MADE.slice(0, 0) })).copy("/over", "/of", { from: both });
export const late = image().platforms("linux/amd64", "linux/arm64").from(both);
export const own = image().from(made("over"));`);
    const printed = await workspace.run(["export", "dockerfile", "web"]);
    expect([printed.exitCode, printed.stdout]).toEqual([2, ""]);
    expect(printed.stderr).toMatch(
      /a file alone cannot hold what a plugin gives: made over[\s\S]*web\.image\.ts:\d+/,
    );
    await tsdock("export", "dockerfile", "late", "web", "-o", "given/Dockerfile");
    const text = fs.readFileSync(workspace.path("given/Dockerfile"), "utf8");
    for (const part of [
      "--build-context made-source=oci-layout://given/Dockerfile.files/sources/made-source ",
      "\n# What plugins and docker archives gave lies in given/Dockerfile.files as it was then: export again where that should change.\n",
      "\nFROM scratch AS late\nCOPY --link --from=a / /\nCOPY --link --from=made-source / /\nCOPY --link --from=merged / /\n",
      "\nFROM scratch AS merged\nCOPY --link --from=a / /\nCOPY --link --from=made-source-2 / /\n",
      '\nFROM made-source AS web\nCOPY --link --from=a / /\nENV TOO=""\nCOPY --from=late /over /of\n',
    ])
      expect(text).toContain(part);
    declare(`import { image } from "tsdock";
export const again = image().platforms("linux/amd64", "linux/arm64").from("oci:../given/Dockerfile.files/sources/made-source");`);
    const built = await workspace.json<BuiltLayers>(["build"]);
    expect(built.images[0]?.platforms.map(({ layers }) => layers.length)).toEqual([1, 1]);
    const begun = await tsdock("export", "dockerfile");
    expect(begun).toContain(
      "--build-context made-source-layout=oci-layout://given/Dockerfile.files/sources/made-source .\n",
    );
    expect(begun).toContain("FROM made-source-layout AS again\n");
  });

  it("puts docker archives beside the file as layouts", async () => {
    declare(`import { image, scratch } from "tsdock";
export const held = image().from(scratch).copy("a.txt", "/held").env({ A: "1" });`);
    await tsdock("build", "-o", `type=docker,dest=${workspace.path("app/held.tar")}`);
    declare(`import { image, scratch } from "tsdock";
const held = "docker-archive:held.tar";
export const web = image().from(held).env((env) => ({ B: env.A + "2" })).copy("/held", "/again", { from: held });`);
    const printed = await workspace.run(["export", "dockerfile"]);
    expect([printed.exitCode, printed.stderr]).toEqual([
      2,
      expect.stringMatching(/a file alone cannot hold a docker archive[\s\S]*web\.image\.ts:\d+/),
    ]);
    await tsdock("export", "dockerfile", "-o", "kept/Dockerfile");
    const text = fs.readFileSync(workspace.path("kept/Dockerfile"), "utf8");
    expect(text).toContain("FROM held-archive AS web\nENV B=12\nCOPY --from=held-archive /held /again\n");
    const context = "kept/Dockerfile.files/sources/held-archive";
    expect(text).toContain(` --build-context held-archive=oci-layout://${context} `);
    const own = await workspace.json<BuiltLayers>(["build"]);
    declare(`import { image } from "tsdock";
export const web = image().from("oci:../${context}").copy("/held", "/again", { from: "oci:../${context}" });`);
    const layout = await workspace.json<BuiltLayers>(["build"]);
    expect(layout.images[0]?.platforms[0]?.layers.map(({ diffId }) => diffId)).toEqual(
      own.images[0]?.platforms[0]?.layers.map(({ diffId }) => diffId),
    );
  });

  it("gives each target of a bake file a name of its own, and each group another", async () => {
    declare(`import { group, image, scratch } from "tsdock";
export const slash = image("a/b").from(scratch).copy("a.txt", "/");
export const dash = image("a-b").from(scratch).copy("b.txt", "/");
export const same = group("a-b", [slash, dash]);`);
    const bake = JSON.parse(await tsdock("export", "bake")) as {
      group: unknown;
      target: Record<string, { tags: string[] }>;
    };
    expect(bake.group).toEqual({
      default: { targets: ["a-b", "a-b-2"] },
      "a-b-group": { targets: ["a-b", "a-b-2"] },
    });
    expect(Object.entries(bake.target).map(([name, { tags }]) => [name, ...tags])).toEqual([
      ["a-b", "registry.example/acme/a-b:latest"],
      ["a-b-2", "registry.example/acme/a/b:latest"],
    ]);
  });

  it("writes a bake file with contexts, names, platforms, annotations and groups", async () => {
    declare(`import { group, image, scratch } from "tsdock";
const lib = image({ context: "./lib" }).from(scratch).copy("l.txt", "/l");
export const web = image("shop/web").platforms("linux/amd64", "linux/arm64").from(scratch)
  .copy("/l", "/l", { from: lib }).copy("a.txt", "/").file("/f", "\${X} %{Y}\\n").annotation({ "org.x": "y z" });
export const tool = image().from(scratch).copy("b.txt", "/");
export const release = group("release", [web]);`);
    const bake = JSON.parse(await tsdock("export", "bake")) as Record<string, Record<string, object>>;
    expect(bake["group"]).toEqual({
      default: { targets: ["tool", "shop-web"] },
      release: { targets: ["shop-web"] },
    });
    expect(bake["target"]?.["shop-web"]).toMatchObject({
      context: "app",
      contexts: { "lib-2": "app/lib" },
      target: "shop-web",
      tags: ["registry.example/acme/shop/web:latest"],
      platforms: ["linux/amd64", "linux/arm64"],
      annotations: ["manifest:org.x=y z"],
      "dockerfile-inline": expect.stringContaining('COPY <<"EOF" /f\n$${X} %%{Y}\nEOF\n') as string,
    });
  });

  it("writes what is not alike on all platforms once for each, and reads it back", async () => {
    declare(`import { image, scratch } from "tsdock";
const tool = image().with((img, { platform }) => img.from("busybox").run("echo " + platform.architecture + " > /tool"));
const same = image().from("busybox").run("true");
const base = image().from(tool).env({ A: "1" });
const arm = image().from("arm64v8/busybox").file("/arm", "arm\\n");
export const web = image().platforms("linux/amd64", "linux/arm64", "linux/arm/v7").from(base)
  .with((img, { platform }) => platform.architecture === "arm64" ? img.copy("/arm", "/", { from: arm }) : img)
  .copy("/bin", "/bin2", { from: same }).cmd(["x"]);`);
    const before = await workspace.json<Graph>(["graph"]);
    const text = await tsdock("export", "dockerfile", "-o", "app/Dockerfile").then(() =>
      fs.readFileSync(workspace.path("app/Dockerfile"), "utf8"),
    );
    const stages = [...text.matchAll(/^FROM .*$/gm)].map(([line]) => line);
    expect(stages).toEqual([
      ...["amd64", "arm64", "armv7"].flatMap((platform) => [
        `FROM busybox AS tool-${platform}`,
        `FROM tool-${platform} AS base-${platform}`,
        ...(platform === "amd64" ? ["FROM busybox AS same"] : []),
        ...(platform === "arm64" ? ["FROM arm64v8/busybox AS arm"] : []),
        `FROM base-${platform} AS web-${platform}`,
      ]),
      "FROM web-${TARGETARCH}${TARGETVARIANT} AS web",
    ]);
    expect(text.match(/COPY --from=arm \/arm \//g)).toHaveLength(1);
    const one = await tsdock("export", "dockerfile", "--platform", "linux/arm64");
    expect([one.includes("TARGETARCH"), one.match(/^RUN echo arm64/gm)?.length]).toEqual([false, 1]);
    fs.rmSync(workspace.path("app/web.image.ts"));
    const platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7"].flatMap((one) => ["--platform", one]);
    await tsdock("import", "app/Dockerfile", "-o", "app/web.image.ts", "--name", "web");
    const after = await workspace.json<Graph>(["graph", "web", ...platforms]);
    const ids = ({ vertices }: Graph): readonly string[] => vertices.map(({ id }) => id).sort();
    expect(ids(after)).toEqual(ids(before));
  });

  it("refuses to choose by platform between stages that have triggers", async () => {
    declare(`import { image, scratch } from "tsdock";
export const web = image().platforms("linux/amd64", "linux/arm64").from(scratch)
  .with((img, { platform }) => img.copy("a.txt", "/" + platform.architecture)).onBuild("COPY b.txt /");`);
    const { exitCode, stderr } = await workspace.run(["export", "dockerfile"]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("web.image.ts:3:")]);
    expect(stderr).toMatch(/EXPORT_UNSUPPORTED.*ONBUILD[\s\S]*hint export one platform/);
    expect(await tsdock("export", "dockerfile", "--platform", "linux/arm64")).toContain(
      "COPY a.txt /arm64\n",
    );
  });

  it("writes OCI layouts as build does", async () => {
    declare(`import { image, scratch } from "tsdock";
export const web = image().from(scratch).copy("a.txt", "/");`);
    await tsdock("export", "oci", "web", "-o", "layout");
    await tsdock("build", "web", "-o", "type=oci,dest=built");
    const index = (directory: string) => fs.readFileSync(workspace.path(directory, "index.json"), "utf8");
    expect(index("layout")).toBe(index("built"));
    const { exitCode, stderr } = await workspace.run(["export", "oci", "web"]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("-o out")]);
  });
});

const isInstruction = (line: string): boolean => line !== "" && !line.startsWith("#");
