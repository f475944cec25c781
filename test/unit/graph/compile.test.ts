import { describe, expect, it } from "vitest";
import { source } from "../../../core/declare/source.ts";
import { diff, group, image, merge, mount, scratch } from "../../../core/index.ts";
import {
  amd64,
  arm64,
  compileExports,
  compileModules,
  compileSound,
  imageOf,
  moduleOf,
  platformOf,
  thisFile,
  topOf,
  vertexOf,
} from "./support.ts";

const plugin = { name: "debian", version: 3, title: () => "debian(bash)" };

describe("compile", () => {
  it("makes one vertex per instruction that makes a layer, inputs first", () => {
    const web = image()
      .from("ubuntu:latest")
      .env({ MA_VARIABLE: "je suis une variable" })
      .run("apt-get update && apt-get install nginx curl -y")
      .expose(80, 443)
      .cmd(["nginx", "-g", "daemon off;"]);
    const result = compileSound({ web });
    const [from, run] = [...result.definition.vertices.values()];
    expect([...result.definition.vertices.values()].map(({ name }) => name)).toEqual([
      "FROM ubuntu:latest",
      "RUN apt-get update && apt-get install nginx curl -y",
    ]);
    expect(run?.inputs).toEqual([from?.id]);
    expect(run?.op).toMatchObject({
      type: "exec",
      base: 0,
      config: [{ type: "env", values: { MA_VARIABLE: "je suis une variable" } }],
    });
    expect(platformOf(result, "web").steps.map(({ createdBy }) => createdBy)).toEqual([
      "ENV MA_VARIABLE=je suis une variable",
      "RUN /bin/sh -c apt-get update && apt-get install nginx curl -y",
      "EXPOSE [80/tcp 443/tcp]",
      'CMD ["nginx" "-g" "daemon off;"]',
    ]);
    expect(run?.images).toEqual(["web"]);
    expect(run?.site?.place()?.file).toBe(thisFile(import.meta.url));
  });

  it("copies from the context, the package of the calling file", () => {
    const result = compileSound({ premierProgramme: image().from(scratch).copy("premier-programme", "/") });
    const copy = topOf(result, "premier-programme");
    expect(copy.inputs).toEqual([]);
    expect(copy.op).toEqual({
      type: "file",
      link: false,
      config: [],
      action: {
        type: "copy",
        source: { type: "context", directory: "/workspace/app" },
        include: ["premier-programme"],
        exclude: [],
        destination: "/",
        parents: false,
      },
    });
    expect(platformOf(result, "premier-programme").source).toBeUndefined();
  });

  it("takes the context from image({ context }), relative to the file that calls", () => {
    const here = new URL(".", import.meta.url);
    const directories = [image({ context: "files" }), image("b", { context: new URL("files", here) })].map(
      (builder) => {
        const result = compileSound({ a: builder.from(scratch).copy("x", "/") });
        const { op } = vertexOf(result, [...result.definition.vertices.keys()][0]);
        return op.type === "file" && op.action.type === "copy" ? op.action.source : undefined;
      },
    );
    const directory = `${thisFile(here.href)}files`;
    expect(directories).toEqual([
      { type: "context", directory },
      { type: "context", directory },
    ]);
  });

  it("shares equal work between images, and across independent declarations", () => {
    const a = image().from("debian:12").run("make").cmd(["a"]);
    const b = image().from("debian:12").label({ x: "y" }).run("make").run("more");
    const result = compileSound({ a, b });
    expect([...result.definition.vertices.values()].map(({ name, images }) => [name, images])).toEqual([
      ["FROM debian:12", ["a", "b"]],
      ["RUN make", ["a", "b"]],
      ["RUN more", ["b"]],
    ]);
  });

  it("keeps apart what differs in environment, in its order, in user, directory, platform or function", () => {
    const base = image().from("debian:12");
    const variants = {
      plain: base.run("make"),
      env: base.env({ A: "1", B: "2" }).run("make"),
      order: base.env({ B: "2", A: "1" }).run("make"),
      user: base.user("node").run("make"),
      workdir: base.workdir("/app").run("make"),
      shell: base.shell("/bin/bash", "-c").run("make"),
      network: base.run("make", { network: "none" }),
      one: base.env((env) => ({ A: `1${env.A}` })).run("make"),
      two: base.env((env) => ({ A: `1${env.A}` })).run("make"),
      argv: base.run(["make"]),
    };
    const tops = Object.keys(variants).map((name) => topOf(compileSound(variants), name).id);
    expect(new Set(tops).size).toBe(tops.length);
  });

  it("leaves the shell out of what is executed as it is", () => {
    const base = image().from("debian:12");
    const result = compileSound({ a: base.run(["make"]), b: base.shell("/bin/bash", "-c").run(["make"]) });
    expect(topOf(result, "a").id).toBe(topOf(result, "b").id);
  });

  it("builds on an image of the workspace: its files, its configuration and its history", () => {
    const base = image().from("node:22").workdir("/app").env({ A: "1" });
    const web = image().from(base).copy("dist", "./").cmd(["node", "."]);
    const result = compileSound({ base, web });
    expect(platformOf(result, "web").steps.map(({ createdBy }) => createdBy)).toEqual([
      "WORKDIR /app",
      "ENV A=1",
      "COPY dist ./",
      'CMD ["node" "."]',
    ]);
    expect(topOf(result, "web").op).toMatchObject({ action: { destination: "/app/" }, config: [] });
    expect(topOf(result, "web").inputs).toEqual([platformOf(result, "base").top]);
  });

  it("copies from an image of the workspace, a reference, a plugin's source and trees", () => {
    const builder = image().from("gcc:13").run("make");
    const spec = { packages: ["bash"] };
    const app = image()
      .from(scratch)
      .copy("/out/app", "/app", { from: builder })
      .copy("/bin/sh", "/bin/", { from: "busybox" })
      .copy("/etc", "/etc", { from: source(plugin, spec) })
      .copy("/", "/", { from: merge(builder, "busybox") })
      .copy("/", "/", { from: diff("gcc:13", builder) });
    const result = compileSound({ app, builder });
    const vertices = [...result.definition.vertices.values()];
    expect(vertices.map(({ name }) => name)).toEqual([
      "FROM gcc:13",
      "RUN make",
      "COPY --from=builder /out/app /app",
      "FROM busybox",
      "COPY --from=busybox /bin/sh /bin/",
      "debian(bash)",
      "COPY --from=debian(bash) /etc /etc",
      "MERGE builder busybox",
      "COPY --from=merge / /",
      "DIFF gcc:13 builder",
      "COPY --from=diff / /",
    ]);
    const copy = vertices[4];
    expect(copy?.op).toMatchObject({ base: 0, action: { source: { type: "input", input: 1 } } });
    expect(result.plugins.get("debian")).toBe(plugin);
    // History has no --from, as docker's has none.
    expect(platformOf(result, "app").steps[0]?.createdBy).toBe("COPY /out/app /app");
  });

  it("has a plugin's version in the id", () => {
    const top = (version: number): string =>
      topOf(compileSound({ a: image().from(source({ ...plugin, version }, {})) }), "a").id;
    expect(top(1)).not.toBe(top(2));
  });

  it("begins with layouts, archives, merges and diffs", () => {
    const result = compileSound({
      a: image().from("oci:base/layout:v1"),
      b: image().from("oci:/abs/layout"),
      c: image().from("docker-archive:save.tar"),
      d: image().from(merge("busybox", "alpine")),
    });
    expect(topOf(result, "a").op).toEqual({
      type: "source",
      kind: "layout",
      directory: "/workspace/app/base/layout",
      tag: "v1",
    });
    expect(topOf(result, "b").op).toEqual({ type: "source", kind: "layout", directory: "/abs/layout" });
    expect(topOf(result, "c").op).toEqual({
      type: "source",
      kind: "archive",
      file: "/workspace/app/save.tar",
    });
    expect(platformOf(result, "d").source).toBe(topOf(result, "d").id);
  });

  it("calls a helper once per target platform, with the platform", () => {
    const calls: string[] = [];
    const base = image()
      .from("debian:12")
      .with((img, { platform }) => {
        calls.push(platform.architecture);
        return img.run(`make ${platform.architecture}`);
      });
    const result = compileSound(
      { base, a: base.cmd(["a"]), b: image().from(base) },
      { platforms: [amd64, arm64] },
    );
    expect(calls).toEqual(["amd64", "arm64"]);
    expect(imageOf(result, "b").platforms.map(({ platform }) => platform)).toEqual([amd64, arm64]);
    expect(vertexOf(result, platformOf(result, "a", 1).top).name).toBe("RUN make arm64");
  });

  it("lets a helper give the base", () => {
    const app = image("acme/app").with((builder) => builder.from("debian:12").run("one"));
    expect(topOf(compileSound({ app }), "acme/app").name).toBe("RUN one");
  });

  it("takes platforms from the image, else from its base, else from the workspace; --platform goes before all", () => {
    const base = image().platforms("linux/arm64").from("debian:12");
    const exports = { base, child: image().from(base), other: image().from("debian:12") };
    const platforms = (result: ReturnType<typeof compileSound>, name: string): string[] =>
      imageOf(result, name).platforms.map(({ platform }) => platform.architecture);
    const result = compileSound(exports);
    expect(["base", "child", "other"].map((name) => platforms(result, name))).toEqual([
      ["arm64"],
      ["arm64"],
      ["amd64"],
    ]);
    expect(platforms(compileSound({ other: exports.other }, { onlyPlatforms: [arm64] }), "other")).toEqual([
      "arm64",
    ]);
  });

  it("pins a builder's platform and gives helpers the target's", () => {
    const builder = image()
      .from("golang:1", { platform: "linux/amd64" })
      .with((img, { platform }) => img.run("go build", { env: { GOARCH: platform.architecture } }));
    const app = image()
      .platforms("linux/amd64", "linux/arm64")
      .from(scratch)
      .copy("/app", "/", { from: builder });
    const result = compileSound({ app, builder }, { platforms: [amd64, arm64] });
    const copy = vertexOf(result, platformOf(result, "app", 1).top);
    const run = vertexOf(result, copy.inputs[0]);
    expect([copy.platform, run.platform]).toEqual([arm64, amd64]);
    expect(run.op).toMatchObject({ env: { GOARCH: "arm64" } });
    expect(imageOf(result, "builder").platforms.map(({ platform }) => platform)).toEqual([amd64]);
  });

  it("runs the triggers of a base of the workspace and leaves them out of the child", () => {
    const base = image().from("node:22").workdir("/app").onBuild("COPY . ./", "RUN npm ci");
    const app = image().from(base).cmd(["node", "."]);
    const grandchild = image().from(app);
    const result = compileSound({ base, app, grandchild });
    expect(platformOf(result, "app").steps.map(({ createdBy }) => createdBy)).toEqual([
      "WORKDIR /app",
      "ONBUILD COPY . ./; ONBUILD RUN npm ci",
      "COPY . ./",
      "RUN /bin/sh -c npm ci",
      'CMD ["node" "."]',
    ]);
    expect(topOf(result, "grandchild").id).toBe(topOf(result, "app").id);
  });

  it("runs the triggers of a pulled base once they are known", () => {
    const result = compileSound({ app: image().from("node:onbuild") }, { triggersOf: () => ["RUN npm ci"] });
    expect(topOf(result, "app").name).toBe("RUN npm ci");
  });

  it("adds the workspace's labels once, below those of the image", () => {
    const base = image().from("debian:12").label({ team: "web" });
    const result = compileSound(
      { base, app: image().from(base) },
      { defaults: { labels: { team: "none", vendor: "acme" } } },
    );
    expect(platformOf(result, "app").steps.map(({ createdBy }) => createdBy)).toEqual([
      "LABEL team=none vendor=acme",
      "LABEL team=web",
    ]);
  });

  it("links copies where the workspace says so, and where the copy says so", () => {
    const link = (options: { link?: boolean }, byDefault: boolean): unknown => {
      const result = compileSound(
        { a: image().from("x").copy("a", "/", options) },
        { defaults: { copy: { link: byDefault } } },
      );
      const { op } = topOf(result, "a");
      return op.type === "file" && op.link;
    };
    expect([
      link({}, false),
      link({}, true),
      link({ link: false }, true),
      link({ link: true }, false),
    ]).toEqual([false, true, false, true]);
  });

  it("does not make a layer of WORKDIR / and leaves relative ones to the base", () => {
    const result = compileSound({
      root: image().from("x").workdir("/"),
      relative: image().from("x").workdir("a").workdir("b").copy("f", "."),
    });
    expect(topOf(result, "root").name).toBe("FROM x");
    expect(topOf(result, "relative").op).toMatchObject({
      action: { destination: "." },
      config: [
        { type: "workdir", path: "a" },
        { type: "workdir", path: "b" },
      ],
    });
  });

  it("makes a script that begins with #! a file of /dev, dedented", () => {
    const app = image()
      .from("python:3")
      .run(`
      #!/usr/bin/env python3
      if True:
        print("x")
    `);
    expect(topOf(compileSound({ app }), "app").op).toMatchObject({
      command: ["/dev/tsdock/script"],
      mounts: [
        {
          type: "file",
          target: "/dev/tsdock/script",
          mode: 0o755,
          content: { text: '#!/usr/bin/env python3\nif True:\n  print("x")\n' },
        },
      ],
    });
  });

  it("compiles every kind of mount", () => {
    const tools = image().from("tools:1");
    const app = image()
      .from("x")
      .run("make", {
        mounts: [
          mount.cache("/root/.npm/", { sharing: "locked", from: tools, source: "seed", mode: "700" }),
          mount.secret("token", { env: "TOKEN" }),
          mount.secret("key", { required: false, mode: "400", uid: 1 }),
          mount.ssh(),
          mount.bind("/src"),
          mount.bind("/tools", { from: tools, source: "/bin", writable: true }),
          mount.tmpfs("/tmp", { size: "64m" }),
          mount.file("/etc/conf", new Uint8Array([1, 2]), { mode: "600" }),
        ],
      });
    const { op, inputs } = topOf(compileSound({ app }), "app");
    expect(inputs.length).toBe(3);
    expect(op.type === "exec" && op.mounts).toEqual([
      {
        type: "cache",
        target: "/root/.npm",
        id: "/root/.npm",
        sharing: "locked",
        readonly: false,
        from: 1,
        source: "/seed",
        mode: 0o700,
      },
      { type: "secret", id: "token", env: "TOKEN", required: true },
      { type: "secret", id: "key", target: "/run/secrets/key", required: false, mode: 0o400, uid: 1 },
      { type: "ssh", id: "default", required: true },
      {
        type: "bind",
        target: "/src",
        source: { type: "context", directory: "/workspace/app" },
        path: "/",
        readonly: true,
      },
      { type: "bind", target: "/tools", source: { type: "input", input: 2 }, path: "/bin", readonly: false },
      { type: "tmpfs", target: "/tmp", size: 64 * 1024 * 1024 },
      { type: "file", target: "/etc/conf", content: { base64: "AQI=" }, mode: 0o600 },
    ]);
  });

  it("collects groups and annotations", () => {
    const web = image().from("x").annotation({ a: "1" }).annotation({ b: "2" }, { level: "index" });
    const job = image().from("y");
    const result = compileSound({
      web,
      job,
      release: group("release", [web, job]),
      all: group("all", [web]),
    });
    expect(imageOf(result, "web").groups).toEqual(["release", "all"]);
    expect(imageOf(result, "job").groups).toEqual(["release"]);
    expect(imageOf(result, "web").annotations).toEqual({
      manifest: { a: "1" },
      index: { b: "2" },
      descriptor: {},
    });
    const child = compileSound({ web, child: image().from(web) });
    expect(imageOf(child, "child").annotations.manifest).toEqual({});
  });

  it("leaves out what no image needs", () => {
    const unused = image().from("unused").run("make");
    const dropped = image().with(() => image().from("x"));
    const result = compileSound({ app: dropped, text: "no image", call: () => unused });
    expect([...result.definition.vertices.values()].map(({ name }) => name)).toEqual(["FROM x"]);
    expect(result.definition.images.map(({ name }) => name)).toEqual(["app"]);
  });

  it("names one value once, after the export in the file that declares it", () => {
    const base = image().from("x");
    const here = thisFile(import.meta.url);
    const result = compileModules([
      moduleOf({ again: base }, "/workspace/app/other.ts"),
      moduleOf({ base, alias: base }, here),
    ]);
    expect(result.definition.images.map(({ name }) => name)).toEqual(["base"]);
  });

  it("gives default exports the file's name", () => {
    const names = ["/w/web.image.ts", "/w/HTTPServer.mts", "/w/job/index.ts"].map(
      (file) => compileModules([moduleOf({ default: image().from("x") }, file)]).definition.images[0]?.name,
    );
    expect(names).toEqual(["web", "http-server", "job"]);
  });

  it("warns of text that is also the name of an image", () => {
    const result = compileExports({ base: image().from("x"), app: image().from("base") });
    expect(result.errors).toEqual([]);
    expect(result.warnings).toMatchObject([
      { code: "REFERENCE_NAMES_IMAGE", place: { file: thisFile(import.meta.url) } },
    ]);
  });
});
