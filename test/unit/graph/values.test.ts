import { describe, expect, it } from "vitest";
import { captureSite } from "../../../core/declare/site.ts";
import { checkDuration, checkPort, checkSignal } from "../../../core/graph/compile/check.ts";
import { isImageName, kebabCase } from "../../../core/graph/compile/names.ts";
import { dedent } from "../../../core/graph/compile/script.ts";
import { createdBy } from "../../../core/graph/created-by.ts";
import { image, scratch } from "../../../core/index.ts";
import { compileSound, topOf } from "./support.ts";

const site = captureSite();

describe("values", () => {
  it.each([
    [80, "80/tcp"],
    ["080", "80/tcp"],
    ["53/udp", "53/udp"],
    ["8000-8010", "8000-8010/tcp"],
    ["9-9/sctp", "9/sctp"],
    [65535, "65535/tcp"],
  ])("the port %j is %s", (port, expected) => {
    expect(checkPort(port, site)).toBe(expected);
  });

  it.each([
    ["30s", 30e9],
    ["1m30s", 90e9],
    ["1.5h", 5400e9],
    ["500ms", 5e8],
    ["1ms", 1e6],
    ["0s", 0],
  ])("the duration %s is %d nanoseconds", (text, expected) => {
    expect(checkDuration(text, "interval", site)).toBe(expected);
  });

  it.each([
    ["SIGTERM", "SIGTERM"],
    ["sigquit", "SIGQUIT"],
    ["INT", "SIGINT"],
    [9, "9"],
    ["15", "15"],
    ["SIGRTMIN+3", "SIGRTMIN+3"],
  ])("the signal %j is %s", (signal, expected) => {
    expect(checkSignal(signal, site)).toBe(expected);
  });

  it.each([
    ["premierProgramme", "premier-programme"],
    ["base2", "base2"],
    ["HTTPServer", "http-server"],
    ["myHTTPServer2", "my-http-server2"],
    ["_private$name", "private-name"],
    ["web_app", "web-app"],
  ])("the export %s is called %s", (name, expected) => {
    expect(kebabCase(name)).toBe(expected);
  });

  it.each(["a", "acme/web", "a.b", "a_b", "a__b", "a--b", "0"])("%s can be a name", (name) => {
    expect(isImageName(name)).toBe(true);
  });

  it.each(["", "a_", "a___b", "/a", "a:b", "a".repeat(201)])("%s cannot", (name) => {
    expect(isImageName(name)).toBe(false);
  });
});

describe("dedent", () => {
  it.each([
    ["one line ", "one line "],
    ["\n  a\n    b\n  ", "a\n  b\n"],
    ["\n\ta\n\n\tb\n", "a\n\nb\n"],
    ["a\n  b", "a\n  b"],
    ["\n  a\n b\n", " a\nb\n"],
  ])("%j is %j", (text, expected) => {
    expect(dedent(text)).toBe(expected);
  });
});

describe("paths", () => {
  it.each([
    [".", "/app/"],
    ["./", "/app/"],
    ["x", "/app/x"],
    ["x/", "/app/x/"],
    ["../y/.", "/y/"],
    ["/abs//z/", "/abs/z/"],
    ["/", "/"],
  ])("a copy to %s lands in %s", (destination, expected) => {
    const app = image().from("base").workdir("/").workdir("app").copy("f", destination);
    expect(topOf(compileSound({ app }), "app").op).toMatchObject({
      action: { destination: expected },
      config: [],
    });
  });

  it("makes equal work written differently one vertex", () => {
    const begin = image().from(scratch).directory("/app");
    const result = compileSound({
      a: begin.copy("f", "/app/g"),
      b: begin.copy("f", "app/./g"),
      c: begin.copy("f", "/x/../app/g"),
    });
    expect(new Set(["a", "b", "c"].map((name) => topOf(result, name).id)).size).toBe(1);
  });
});

describe("history", () => {
  it.each([
    [{ type: "env", values: { A: "1", B: "x y" } }, "ENV A=1 B=x y"],
    [{ type: "workdir", path: "/app" }, "WORKDIR /app"],
    [{ type: "user", user: "node" }, "USER node"],
    [{ type: "shell", shell: ["/bin/bash", "-c"] }, 'SHELL ["/bin/bash" "-c"]'],
    [{ type: "expose", ports: ["80/tcp", "53/udp"] }, "EXPOSE [80/tcp 53/udp]"],
    [{ type: "volume", paths: ["/data"] }, "VOLUME [/data]"],
    [{ type: "cmd", argv: ["nginx", "-g", "daemon off;"] }, 'CMD ["nginx" "-g" "daemon off;"]'],
    [{ type: "cmd", argv: "start" }, 'CMD ["/bin/sh" "-c" "start"]'],
    [{ type: "entrypoint", argv: null }, "ENTRYPOINT []"],
    [{ type: "stop-signal", signal: "SIGQUIT" }, "STOPSIGNAL SIGQUIT"],
    [{ type: "healthcheck", healthcheck: { Test: ["NONE"] } }, "HEALTHCHECK NONE"],
    [
      { type: "healthcheck", healthcheck: { Test: ["CMD-SHELL", "a b"], Interval: 30e9, Retries: 2 } },
      "HEALTHCHECK --interval=30s --retries=2 CMD a b",
    ],
    [{ type: "healthcheck", healthcheck: { Test: ["CMD", "a", "b"] } }, 'HEALTHCHECK CMD ["a" "b"]'],
    [{ type: "on-build", triggers: ["RUN x"] }, "ONBUILD RUN x"],
  ] as const)("%j reads %s", (instruction, expected) => {
    expect(createdBy(instruction)).toBe(expected);
  });
});

describe("file operations", () => {
  const op = (declare: (base: ReturnType<ReturnType<typeof image>["from"]>) => unknown) =>
    topOf(compileSound({ app: declare(image().from("base")) }), "app").op;

  it("write, link, make and remove", () => {
    expect(
      op((img) => img.file("/etc/a", "text", { chmod: "0600", chown: "a:b", link: true })),
    ).toMatchObject({
      link: true,
      action: { type: "write", path: "/etc/a", content: { text: "text" }, chmod: 0o600, chown: "a:b" },
    });
    expect(op((img) => img.symlink("../lib", "/usr/x"))).toMatchObject({
      action: { type: "symlink", path: "/usr/x", target: "../lib" },
    });
    expect(op((img) => img.directory("/tmp/", { chmod: "1777" }))).toMatchObject({
      action: { type: "directory", path: "/tmp", chmod: 0o1777 },
    });
    expect(op((img) => img.remove("/a", "/b/"))).toMatchObject({
      link: false,
      action: { type: "remove", path: "/b" },
    });
  });

  it("add downloads, archives and repositories", () => {
    const checksum = `sha256:${"0".repeat(64)}` as const;
    expect(
      op((img) => img.add({ url: "https://example.com/a", checksum }, "/a/", { chmod: "755" })),
    ).toMatchObject({
      action: { type: "download", url: "https://example.com/a", checksum, destination: "/a/", chmod: 0o755 },
    });
    expect(op((img) => img.add({ archive: "a.tar.gz" }, "/opt"))).toMatchObject({
      action: {
        type: "extract",
        source: { type: "context", directory: "/workspace/app" },
        path: "a.tar.gz",
        destination: "/opt",
      },
    });
    const result = compileSound({
      app: image()
        .from("base")
        .add({ git: "https://example.com/a.git", ref: "v1", subdirectory: "docs" }, "/srv"),
    });
    const top = topOf(result, "app");
    expect(top.op).toMatchObject({
      base: 0,
      action: { type: "copy", source: { type: "input", input: 1 }, include: ["/"] },
    });
    expect(result.definition.vertices.get(top.inputs[1] ?? "")?.op).toEqual({
      type: "source",
      kind: "git",
      repository: "https://example.com/a.git",
      ref: "v1",
      subdirectory: "docs",
    });
  });
});
