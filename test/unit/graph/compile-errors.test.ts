import { describe, expect, it } from "vitest";
import type { Image } from "../../../core/declare/image.ts";
import type { ErrorCode } from "../../../core/errors/codes.ts";
import { TsdockError } from "../../../core/errors/tsdock-error.ts";
import { group, image, merge, mount, scratch } from "../../../core/index.ts";
import { amd64, arm64, compileExports, compileModules, moduleOf, thisFile } from "./support.ts";

const base = (): Image => image().from("x");
/** What JavaScript can pass and TypeScript would refuse. */
const wrong = (value: unknown): never => value as never;

/** Every mistake, the code that it gets, and a word of the message. */
const mistakes: readonly (readonly [title: string, code: ErrorCode, word: string, declare: () => Image])[] = [
  ["a bad reference", "REFERENCE_INVALID", "a b", () => image().from("a b")],
  ["an empty layout", "PATH_INVALID", "names no path", () => image().from("oci:")],
  ["no base at all", "DECLARATION_INVALID", "undefined", () => image().from(wrong(undefined))],
  ["a base that is a number", "DECLARATION_INVALID", "5", () => image().from(wrong(5))],
  [
    "a second from",
    "DECLARATION_INVALID",
    "second",
    () => (base() as never as { from(x: string): Image }).from("y"),
  ],
  [
    "an instruction before from",
    "IMAGE_WITHOUT_BASE",
    "run",
    () => (wrong(image()) as Image).run("x").with((img) => img),
  ],
  [
    "a helper that gives no base",
    "IMAGE_WITHOUT_BASE",
    "no from",
    () => wrong(image().with((builder) => builder)),
  ],
  ["a bad platform", "PLATFORM_INVALID", "linux", () => image().platforms(wrong("linux")).from("x")],
  [
    "a bad pinned platform",
    "PLATFORM_INVALID",
    "a/b/c/d",
    () => image().from("x", { platform: wrong("a/b/c/d") }),
  ],
  [
    "an option of another name",
    "DECLARATION_INVALID",
    'directory has no option "mode"',
    () => base().directory("/srv", wrong({ mode: "700" })),
  ],
  ["a misspelt option", "DECLARATION_INVALID", '"chwon"', () => base().copy("a", "/", wrong({ chwon: "1" }))],
  [
    "an option that no check has",
    "DECLARATION_INVALID",
    '"every"',
    () => base().healthcheck(wrong({ test: "true", every: "5s" })),
  ],
  ["a copy of nothing", "PATH_INVALID", "nothing to copy", () => base().copy(wrong([]), "/")],
  ["an empty path", "PATH_INVALID", "empty", () => base().copy("", "/")],
  ["an absolute path of the context", "PATH_INVALID", "absolute", () => base().copy("/etc/passwd", "/")],
  [
    "a path that leaves the context",
    "PATH_OUTSIDE_CONTEXT",
    "a/../../b",
    () => base().copy("a/../../b", "/"),
  ],
  ["a path above the root", "PATH_INVALID", "above the root", () => base().copy("/../a", "/", { from: "y" })],
  ["no destination", "PATH_INVALID", "destination", () => base().copy("a", "")],
  [
    "a copy from undefined",
    "DECLARATION_INVALID",
    "undefined",
    () => base().copy("a", "/", { from: wrong(undefined) }),
  ],
  [
    "a copy from an empty image",
    "FILES_MISSING",
    "no files",
    () => base().copy("/a", "/", { from: image().from(scratch) }),
  ],
  ["a mode as a number", "MODE_INVALID", "755", () => base().copy("a", "/", { chmod: wrong(755) })],
  ["a mode that is not octal", "MODE_INVALID", "789", () => base().copy("a", "/", { chmod: wrong("789") })],
  ["a bad owner", "USER_INVALID", "a:b:c", () => base().copy("a", "/", { chown: "a:b:c" })],
  [
    "a pattern that is no text",
    "DECLARATION_INVALID",
    "exclude",
    () => base().copy("a", "/", { exclude: [wrong(1)] }),
  ],
  ["an add of nothing known", "DECLARATION_INVALID", "add takes", () => base().add(wrong({}), "/")],
  [
    "a checksum that is none",
    "CHECKSUM_INVALID",
    "sha256:12",
    () => base().add({ url: "https://example.com/a", checksum: "sha256:12" }, "/"),
  ],
  [
    "a URL of another kind",
    "URL_INVALID",
    "ftp",
    () => base().add({ url: wrong("ftp://example.com/a"), checksum: "sha256:" }, "/"),
  ],
  [
    "a URL with a password",
    "URL_INVALID",
    "password",
    () => base().add({ url: "https://a:b@example.com/a", checksum: "sha256:" }, "/"),
  ],
  [
    "a git ref that is an option",
    "DECLARATION_INVALID",
    "--upload-pack",
    () => base().add({ git: "https://example.com/a", ref: "--upload-pack=x" }, "/"),
  ],
  [
    "a git repository that is an option",
    "URL_INVALID",
    "-x",
    () => base().add({ git: "-x", ref: "main" }, "/"),
  ],
  [
    "an archive outside of the context",
    "PATH_OUTSIDE_CONTEXT",
    "..",
    () => base().add({ archive: "../a.tar" }, "/"),
  ],
  ["a file that is a directory", "PATH_INVALID", "directory", () => base().file("/etc/", "x")],
  [
    "contents that are neither text nor bytes",
    "DECLARATION_INVALID",
    "contents",
    () => base().file("/a", wrong(1)),
  ],
  ["a symbolic link to nothing", "PATH_INVALID", "target", () => base().symlink("", "/a")],
  ["the root removed", "PATH_INVALID", "root", () => base().remove("/a/..")],
  ["an empty command", "COMMAND_EMPTY", "run", () => base().run("  ")],
  ["an empty list", "COMMAND_EMPTY", "cmd", () => base().cmd(wrong([]))],
  ["a command that is a number", "DECLARATION_INVALID", "entrypoint", () => base().entrypoint(wrong(1))],
  ["a word that is no text", "DECLARATION_INVALID", "a word of cmd", () => base().cmd(["a", wrong(1)])],
  [
    "an unknown network",
    "DECLARATION_INVALID",
    "bridge",
    () => base().run("x", { network: wrong("bridge") }),
  ],
  ["a bad user of a step", "USER_INVALID", "a b", () => base().run("x", { user: "a b" })],
  ["a bad variable of a step", "ENV_INVALID", "A=B", () => base().run("x", { env: { "A=B": "" } })],
  ["a relative mount", "PATH_INVALID", "absolute", () => base().run("x", { mounts: [mount.cache("a")] })],
  ["a mount on the root", "MOUNT_INVALID", "root", () => base().run("x", { mounts: [mount.tmpfs("/a/..")] })],
  [
    "two mounts of one target",
    "MOUNT_DUPLICATE",
    "/a",
    () => base().run("x", { mounts: [mount.cache("/a"), mount.tmpfs("/a/")] }),
  ],
  [
    "two secrets of one variable",
    "MOUNT_DUPLICATE",
    "$T",
    () => base().run("x", { mounts: [mount.secret("a", { env: "T" }), mount.secret("b", { env: "T" })] }),
  ],
  ["a secret without id", "MOUNT_INVALID", "id", () => base().run("x", { mounts: [mount.secret("")] })],
  [
    "a source without from",
    "MOUNT_INVALID",
    "source",
    () => base().run("x", { mounts: [mount.cache("/a", { source: "b" })] }),
  ],
  [
    "a way of sharing",
    "MOUNT_INVALID",
    "none",
    () => base().run("x", { mounts: [mount.cache("/a", { sharing: wrong("none") })] }),
  ],
  [
    "a size",
    "MOUNT_INVALID",
    "64x",
    () => base().run("x", { mounts: [mount.tmpfs("/a", { size: wrong("64x") })] }),
  ],
  [
    "a negative owner",
    "MOUNT_INVALID",
    "-1",
    () => base().run("x", { mounts: [mount.cache("/a", { uid: -1 })] }),
  ],
  [
    "a mount of another kind",
    "MOUNT_INVALID",
    "mount.cache",
    () => base().run("x", { mounts: [wrong({ type: "volume" })] }),
  ],
  [
    "a bind that leaves the context",
    "PATH_OUTSIDE_CONTEXT",
    "..",
    () => base().run("x", { mounts: [mount.bind("/a", { source: ".." })] }),
  ],
  ["a variable's name", "ENV_INVALID", "A B", () => base().env({ "A B": "x" })],
  ["a variable's value", "ENV_INVALID", "null", () => base().env({ A: wrong(null) })],
  ["variables as a list", "ENV_INVALID", "object", () => base().env(wrong(["A=1"]))],
  ["a relative volume", "PATH_INVALID", "absolute", () => base().volume("data")],
  ["an empty working directory", "PATH_INVALID", "empty", () => base().workdir("")],
  ["a user", "USER_INVALID", "a:", () => base().user("a:")],
  ["a shell without words", "COMMAND_EMPTY", "shell", () => (base() as never as { shell(): Image }).shell()],
  ["a label's key", "LABEL_INVALID", '"', () => base().label({ "": "x" })],
  [
    "an annotation's level",
    "DECLARATION_INVALID",
    "layer",
    () => base().annotation({ a: "1" }, { level: wrong("layer") }),
  ],
  ["a port of 0", "PORT_INVALID", "0", () => base().expose(0)],
  ["a port too high", "PORT_INVALID", "65536", () => base().expose("65536/udp")],
  ["a range that goes down", "PORT_INVALID", "9-8", () => base().expose("9-8")],
  ["a protocol", "PORT_INVALID", "80/http", () => base().expose(wrong("80/http"))],
  ["half a port", "PORT_INVALID", "80.5", () => base().expose(80.5)],
  ["a signal", "SIGNAL_INVALID", "SIGFOO", () => base().stopSignal(wrong("SIGFOO"))],
  ["a signal's number", "SIGNAL_INVALID", "65", () => base().stopSignal(65)],
  ["a duration", "DURATION_INVALID", "30", () => base().healthcheck({ test: "x", interval: wrong("30") })],
  [
    "a duration too short",
    "DURATION_INVALID",
    "10us",
    () => base().healthcheck({ test: "x", timeout: "10us" }),
  ],
  ["retries", "DECLARATION_INVALID", "retries", () => base().healthcheck({ test: "x", retries: 1.5 })],
  [
    "a healthcheck that is text",
    "DECLARATION_INVALID",
    "healthcheck",
    () => base().healthcheck(wrong("curl")),
  ],
  ["a trigger that is no instruction", "TRIGGER_INVALID", "FROM", () => base().onBuild(wrong("FROM x"))],
  ["a trigger with a variable", "TRIGGER_INVALID", "variable", () => base().onBuild("COPY . $HOME")],
  [
    "a trigger with a flag",
    "TRIGGER_INVALID",
    "--mount",
    () => base().onBuild("RUN --mount=type=cache,target=/a x"),
  ],
  [
    "a helper that fails",
    "DECLARATION_THREW",
    "boom",
    () =>
      base().with(() => {
        throw new Error("boom");
      }),
  ],
  [
    "a helper that gives nothing",
    "DECLARATION_INVALID",
    "undefined",
    () => base().with(() => wrong(undefined)),
  ],
  [
    "a helper that promises",
    "DECLARATION_INVALID",
    "promise",
    () => base().with(() => wrong(Promise.resolve(base()))),
  ],
  [
    "a merge with nothing",
    "DECLARATION_INVALID",
    "undefined",
    () => image().from(merge("x", wrong(undefined))),
  ],
];

describe("every mistake in a declaration", () => {
  it.each(mistakes)("%s is %s", (_, code, word, declare) => {
    const { errors } = compileExports({ app: declare() });
    expect(errors.map((error) => error.code)).toEqual([code]);
    expect(errors[0]?.message).toContain(word);
    expect(errors[0]?.place?.file).toBe(thisFile(import.meta.url));
    expect(errors[0]?.place?.line).toBeGreaterThan(1);
  });

  it("is reported in one go, each once however many platforms and images go through it", () => {
    const bad = base().expose(0).run("").user("a b");
    const { errors } = compileExports(
      { bad, child: image().from(bad).stopSignal(65) },
      { platforms: [amd64, arm64] },
    );
    expect(errors.map(({ code }) => code)).toEqual([
      "PORT_INVALID",
      "COMMAND_EMPTY",
      "USER_INVALID",
      "SIGNAL_INVALID",
    ]);
  });

  it("lets expected failures of helpers through", () => {
    const error = new TsdockError("UNSUPPORTED", "no lockfile");
    const { errors } = compileExports({
      app: base().with(() => {
        throw error;
      }),
    });
    expect(errors).toEqual([error]);
  });
});

describe("names", () => {
  it("reports two images of one name with both places", () => {
    const { errors } = compileModules([
      moduleOf({ web: base() }, "/w/a.ts"),
      moduleOf({ other: image("web").from("y") }, "/w/b.ts"),
    ]);
    expect(errors).toMatchObject([{ code: "NAME_DUPLICATE", place: { file: "/w/b.ts", line: 1 } }]);
    expect(errors[0]?.details).toBe("/w/a.ts:1:14: export web\n/w/b.ts:1:14: export other");
  });

  it("inherits a given name along the chain, so that two exports of it clash", () => {
    const web = image("web").from("x");
    expect(compileExports({ web, next: web.run("x") }).errors).toMatchObject([{ code: "NAME_DUPLICATE" }]);
  });

  it.each(["Été", "a//b", "a..b", "-a", "a/", "A"])("refuses %s", (name) => {
    expect(compileExports({ app: image(name).from("x") }).errors).toMatchObject([
      { code: "NAME_INVALID", place: { line: 1 } },
    ]);
  });

  it("refuses an export whose name gives none", () => {
    expect(compileExports({ é: base() }).errors).toMatchObject([{ code: "NAME_INVALID" }]);
  });

  it("warns of a builder without from, which is no image", () => {
    const result = compileExports({ builder: image().platforms("linux/amd64") });
    expect(result.errors).toEqual([]);
    expect(result.warnings).toMatchObject([{ code: "IMAGE_WITHOUT_BASE", place: { line: 1 } }]);
  });
});

describe("the graph", () => {
  it("reports a cycle that helpers close", () => {
    const images: { a?: Image; b?: Image } = {};
    images.a = base().with((img) => img.copy("/x", "/", { from: images.b ?? "none" }));
    images.b = base().with((img) => img.copy("/x", "/", { from: images.a ?? "none" }));
    const { errors } = compileExports(images);
    expect(errors.map(({ code }) => code)).toContain("GRAPH_CYCLE");
    expect(errors[0]?.message).toContain("a → b → a");
  });

  it("reports a helper that calls itself without end", () => {
    const again = (img: Image): Image => img.run("x").with(again);
    expect(compileExports({ app: base().with(again) }).errors).toMatchObject([{ code: "GRAPH_CYCLE" }]);
  });

  it("reports more layers than engines take", () => {
    const chain = (count: number): Image =>
      Array.from({ length: count }).reduce<Image>((img, _, n) => img.run(`echo ${n}`), base());
    expect(compileExports({ app: chain(127) }).errors).toEqual([]);
    expect(compileExports({ app: chain(128) }).errors).toMatchObject([{ code: "LAYERS_TOO_MANY" }]);
  });

  it("reports a platform that a base or a source of files does not have", () => {
    const amd = image().platforms("linux/amd64").from("x").run("make");
    const arm = image().platforms("linux/arm64");
    for (const app of [arm.from(amd), arm.from("y").copy("/a", "/", { from: amd })]) {
      expect(compileExports({ app }).errors).toMatchObject([{ code: "PLATFORM_UNAVAILABLE" }]);
    }
  });

  it("reports a pinned base that contradicts the platforms", () => {
    const app = image().platforms("linux/arm64").from("x", { platform: "linux/amd64" });
    expect(compileExports({ app }).errors).toMatchObject([{ code: "PLATFORM_CONFLICT" }]);
  });

  it("reports annotations that differ between platforms", () => {
    const app = base().with((img, { platform }) => img.annotation({ a: platform.architecture }));
    expect(compileExports({ app }, { platforms: [amd64, arm64] }).errors).toMatchObject([
      { code: "ANNOTATION_CONFLICT" },
    ]);
    expect(compileExports({ app }).errors).toEqual([]);
  });

  it("reports what a group cannot hold", () => {
    const { errors } = compileExports({
      all: group("all", [base(), wrong("web")]),
      bad: group("Bad Name", []),
    });
    expect(errors.map(({ code }) => code)).toEqual([
      "DECLARATION_INVALID",
      "DECLARATION_INVALID",
      "NAME_INVALID",
    ]);
  });

  it("reports images and groups of another copy of the package", () => {
    const foreignImage = { [Symbol.for("tsdock.image")]: {} };
    const foreignGroup = { [Symbol.for("tsdock.group")]: {} };
    const { errors } = compileExports({ foreignImage, foreignGroup, app: image().from(wrong(foreignImage)) });
    expect(errors.map(({ code }) => code)).toEqual([
      "DECLARATION_FOREIGN",
      "DECLARATION_FOREIGN",
      "DECLARATION_FOREIGN",
    ]);
  });

  it("reports two versions of a plugin", async () => {
    const { source } = await import("../../../core/declare/source.ts");
    const of = (version: number) => source({ name: "debian", version, title: () => "debian" }, {});
    expect(compileExports({ app: image().from(merge(of(1), of(2))) }).errors).toMatchObject([
      { code: "DECLARATION_FOREIGN" },
    ]);
  });
});
