import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";

const bakeFile = `variable "TAG" { default = "1.2" }
variable "VERSION" { default = "9" }
# what is released
group "default" { targets = ["web", "api"] }
target "_common" {
  labels = { vendor = "ACME" }
  platforms = ["linux/amd64", "linux/arm64"]
}
target "base" {
  dockerfile-inline = "FROM scratch\\nCOPY shared /shared\\n"
  platforms = ["local"]
}
# The web site
target "web" {
  inherits = ["_common"]
  context = "services/web"
  target = "site"
  contexts = { base = "target:base", lib = "lib" }
  args = { VERSION = VERSION }
  tags = ["registry.example/acme/web:\${TAG}", "registry.example/acme/web:latest"]
  secret = ["id=token,env=TOKEN"]
  cache-from = ["type=gha"]
}
target "web-debug" {
  inherits = ["web"]
  target = "debug"
}
target "api" {
  context = "services/api"
  contexts = { "docker.io/library/base" = "target:base" }
  annotations = ["index:a=b", "c=d"]
  tags = ["registry.example/acme/api-server:\${TAG}"]
}
`;

const compose = `services:
  web:
    image: registry.example/acme/web:\${TAG:-2}
    build:
      context: services/web
      args: { VERSION: "7" }
      target: site
      additional_contexts: { base: "service:base", lib: ./lib }
    profiles: [front]
  base: { build: { context: ., dockerfile_inline: "FROM scratch\\nCOPY shared /shared\\n" } }
  db: { image: postgres }
`;

describe("tsdock import of files with several builds", () => {
  let workspace: CliWorkspace;

  beforeEach(() => {
    workspace = new InProcessWorkspace();
    workspace.write("shared", "s");
    workspace.write("lib/hello", "h");
    workspace.write("services/web/a", "a");
    workspace.write(
      "services/web/Dockerfile",
      "ARG VERSION=1\nFROM base AS files\nFROM scratch AS site\nARG VERSION\nCOPY --from=files /shared /s\n" +
        "COPY --from=lib hello /hello\nCOPY a /a\nLABEL version=$VERSION\nFROM site AS debug\nLABEL debug=yes\nFROM scratch AS unused\n",
    );
    workspace.write(
      "services/api/Dockerfile",
      "ARG VERSION=3\nFROM base\nARG VERSION\nLABEL version=$VERSION\n",
    );
    workspace.write("docker-bake.hcl", bakeFile);
    workspace.write("compose.yaml", compose);
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  const document = async (name: string): Promise<Record<string, unknown>> => {
    const { stdout } = await workspace.run(["image", "inspect", name]);
    const [shown] = JSON.parse(stdout) as Record<string, unknown>[];
    return shown?.["Config"] as Record<string, unknown>;
  };

  it("makes bake targets images, groups groups, and tags a configuration", async () => {
    const files = ["-o", "all.image.ts", "--write-config", "tsdock.config.ts"];
    const { exitCode, stderr } = await workspace.run(["import", "docker-bake.hcl", ...files]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("base, webDebug, web, api")]);
    const text = fs.readFileSync(workspace.path("all.image.ts"), "utf8");
    for (const part of [
      "// The web site\n",
      "// Built with: --secret id=token,env=TOKEN\n",
      "// Said of the build, not of the image: cache-from type=gha\n",
      'param("web.VERSION", "9")',
      'param("api.VERSION", "3")',
      '// what is released\nexport const defaultGroup = group("default", [web, api]);',
      '//   TAG = "1.2"',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain("unused");
    expect(fs.readFileSync(workspace.path("tsdock.config.ts"), "utf8")).toContain(
      'registry: "registry.example/acme"',
    );
    const built = await workspace.json<{ images: { name: string; platforms: unknown[] }[] }>(["build"]);
    expect(built.images.map(({ name, platforms }) => [name, platforms.length]).sort()).toEqual([
      ["api", 1],
      ["base", 1],
      ["web", 2],
      ["web-debug", 2],
    ]);
    expect((await document("web"))["Labels"]).toEqual({ version: "9", vendor: "ACME" });
    expect((await document("web-debug"))["Labels"]).toEqual({ version: "9", vendor: "ACME", debug: "yes" });
    expect((await document("api"))["Labels"]).toEqual({ version: "3" });
    expect((await workspace.run(["check"])).stderr).not.toContain("error");
  });

  it("makes services that are built images", async () => {
    const { exitCode, stdout } = await workspace.run(["import", "compose.yaml", "--var", "TAG=5"]);
    expect(exitCode).toBe(0);
    for (const part of ["export const web = image({ context: ", 'group("front", [web])', 'tags: ["5"]'])
      expect(stdout).toContain(part);
    workspace.write("all.image.ts", stdout);
    const built = await workspace.json<{ images: { name: string }[] }>(["build"]);
    expect(built.images.map(({ name }) => name).sort()).toEqual(["base", "web"]);
    expect((await document("web"))["Labels"]).toEqual({ version: "7" });
  });

  it("refuses what it cannot express, or marks it, and says what is wrong with its places", async () => {
    workspace.write(
      "docker-bake.hcl",
      'target "a" {\n  dockerfile-inline = "FROM scratch"\n  shm-size = "1g"\n  platforms = ["windows/amd64"]\n}\n' +
        'target "b" {\n  context = "https://git.example/x.git"\n}\n',
    );
    const refused = await workspace.run(["import", "docker-bake.hcl"]);
    expect(refused.exitCode).toBe(2);
    for (const place of ["docker-bake.hcl:3:14", "docker-bake.hcl:4:15", "docker-bake.hcl:7:13"])
      expect(refused.stderr).toContain(place);
    const marked = await workspace.run(["import", "docker-bake.hcl", "--partial"]);
    expect(marked.exitCode).toBe(0);
    expect(marked.stdout).toContain("// NOT IMPORTED (line 3, column 14): steps of a build have no shm-size");
    expect(marked.stdout).toContain("// b: NOT IMPORTED (line 7, column 13)");
    for (const [args, message] of [
      [["docker-bake.hcl", "--target", "nope"], "no target nope"],
      [["docker-bake.hcl", "compose.yaml"], "several languages"],
      [["docker-bake.hcl", "--name", "x"], "--name is for a Dockerfile"],
      [["services/api/Dockerfile", "--var", "A=1"], "for bake and compose files"],
      [["services/api/Dockerfile", "services/web/Dockerfile"], "one Dockerfile"],
    ] as const) {
      const { exitCode, stderr } = await workspace.run(["import", ...args]);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });
});
