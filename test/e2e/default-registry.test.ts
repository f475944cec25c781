import { describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { mustRun } from "../support/container-home.ts";
import { startDockerRegistry } from "../support/docker-registry.ts";
import { requires } from "../support/requires.ts";

const needs = requires("root", "overlayfs", "crun", "busybox-static", "docker-registry");

describe.skipIf(!needs)("names without a host", () => {
  it("mean the default registry: for push, pull, run, login and bases", { timeout: 120_000 }, async () => {
    await using registry = await startDockerRegistry();
    await using author = new InProcessWorkspace();
    const variable = { TSDOCK_DEFAULT_REGISTRY: registry.host };
    await buildBox(author);
    const pushed = await author.run(["image", "push", "box"], variable);
    expect(pushed.stderr).toContain(`The push refers to repository [${registry.host}/box]`);
    expect(pushed.exitCode).toBe(0);

    await using reader = new InProcessWorkspace();
    const hello = ["run", "--rm", "--network", "none", "box", "echo", "hello"];
    expect(await reader.run(hello, variable)).toMatchObject({ exitCode: 0, stdout: "hello\n" });
    expect(await mustRun(reader, "image", "ls", "--format", "{{.Repository}}")).toBe(
      `${registry.host}/box\n`,
    );
    const asked = registry.accessLog().length;
    expect((await reader.run(hello, variable)).stdout).toBe("hello\n");
    expect(registry.accessLog(asked)).toEqual([]);

    await using builder = new InProcessWorkspace();
    builder.write(
      "tsdock.config.ts",
      `import { defineConfig } from "tsdock";\nexport default defineConfig({ defaultRegistry: "${registry.host}" });\n`,
    );
    builder.write(
      "own.image.ts",
      `import { image } from "tsdock";\nexport const own = image().from("box").file("/own", "own").cmd(["cat", "/own"]);\n`,
    );
    await mustRun(builder, "build");
    expect(await mustRun(builder, "run", "--rm", "--network", "none", "own")).toBe("own");
    expect(await mustRun(builder, "image", "pull", "-q", "box")).toBe(`${registry.host}/box:latest\n`);
    expect((await builder.run(["logout"])).stderr + (await builder.run(["logout"])).stdout).toContain(
      registry.host,
    );
    const wrong = await reader.run(["run", "--rm", "nothing"], { TSDOCK_DEFAULT_REGISTRY: "http://x/" });
    expect(wrong.exitCode).toBe(125);
    expect(wrong.stderr).toContain("TSDOCK_DEFAULT_REGISTRY=http://x/ is not a registry");
  });
});
