import { spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, finished } from "../support/cli.ts";
import { startDockerd } from "../support/dockerd.ts";
import { ownPodman } from "../support/podman.ts";
import { findProgram, requires } from "../support/requires.ts";

const top = (text: string): string =>
  `import { box } from "./box.image.js";\nexport const top = box.file("/etc/top", ${JSON.stringify(text)}).cmd(["cat", "/etc/top"]);\n`;

type Variables = Readonly<Record<string, string>>;

/** What holds of every engine: images get there once, layer by layer, and commands and exit codes pass through. */
async function servesBy(engine: string, env: Variables, workspace: CliWorkspace): Promise<void> {
  const run = (...args: readonly string[]) =>
    workspace.run(["run", "--engine", engine, "--rm", "--network", "none", ...args], env);
  const first = await run("-e", "X=two words", "box", "sh", "-c", 'echo "$X"; exit 7');
  expect(first).toMatchObject({ exitCode: 7, stdout: "two words\n" });
  const layers = Number(/ (\d+) of \1 layers sent/.exec(first.stderr)?.[1]);
  expect(layers, first.stderr).toBeGreaterThan(1);
  const again = await run("-u", "ann", "-w", "/etc", "box", "sh", "-c", "id -u; pwd");
  expect(again.stdout).toBe("1234\n/etc\n");
  expect(again.stderr).toContain("is there already");

  workspace.write("top.image.ts", top("first"));
  const built = await workspace.run(["build", "--load", engine, "top"], env);
  expect(built.stderr).toContain(`: 1 of ${layers + 1} layers sent`);
  expect((await run("top")).stdout).toBe("first");
  workspace.write("top.image.ts", top("second"));
  expect((await workspace.run(["build", "top"], env)).exitCode).toBe(0);
  const moved = await run("top");
  expect([moved.stdout, moved.stderr]).toEqual([
    "second",
    expect.stringContaining(`1 of ${layers + 1} layers`),
  ]);

  expect((await run("box", "nothing-of-that-name")).exitCode).toBe(127);
  expect((await run("box", "/etc/passwd")).exitCode).toBe(126);
  expect((await run("-u", "nobody-here", "box", "true")).exitCode).toBe(125 + Number(engine === "podman"));
  const refused = await run("--runtime", "crun", "box", "true");
  expect(refused).toMatchObject({ exitCode: 125 });
  expect(refused.stderr).toContain("--runtime crun is none of the engine's");
}

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "dockerd"))("docker", () => {
  it("gets images layer by layer and runs them, with signals", { timeout: 180_000 }, async () => {
    await using dockerd = await startDockerd();
    await using workspace = new CliWorkspace();
    await buildBox(workspace);
    const env = { DOCKER_HOST: dockerd.host };
    await servesBy("docker", env, workspace);
    expect(dockerd.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split("\n")).toContain(
      "top:latest",
    );

    const script = 'trap "echo asked; exit 5" TERM; echo ready; while true; do sleep 0.1; done';
    const args = ["run", "--engine", "docker", "--rm", "--network", "none", "box", "sh", "-c", script];
    const child = workspace.start(args, env);
    const ended = finished(child);
    if (child.stdout !== null) await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ exitCode: 5, stdout: "ready\nasked\n" });
    expect(dockerd.docker("ps", "-aq")).toBe("");
  });

  it("is told of where it is not to be had", async () => {
    await using workspace = new CliWorkspace();
    await buildBox(workspace);
    const run = (env: Variables) => workspace.run(["run", "--engine", "docker", "--rm", "box", "true"], env);
    const gone = await run({ DOCKER_HOST: "unix:///nowhere/docker.sock" });
    expect(gone.exitCode).toBe(125);
    expect(gone.stderr).toMatch(/ENGINE_FAILED docker .* failed: .*\/nowhere\/docker.sock/);
    fs.mkdirSync(workspace.path("bin"));
    fs.symlinkSync(process.execPath, workspace.path("bin/node"));
    const missing = await run({ PATH: workspace.path("bin") });
    expect(missing.stderr).toContain("ENGINE_UNAVAILABLE docker is not in PATH");
  });
});

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "podman", "runc"))("podman", () => {
  it("gets images layer by layer and runs them", { timeout: 180_000 }, async () => {
    await using podman = ownPodman();
    await using workspace = new CliWorkspace();
    await buildBox(workspace);
    await servesBy("podman", podman.env, workspace);
    const { stdout } = spawnSync(
      findProgram("podman") ?? "podman",
      ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"],
      {
        encoding: "utf8",
        env: { ...process.env, ...podman.env },
      },
    );
    const names = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("<none>"));
    expect(names.sort()).toEqual(["docker.io/library/box:latest", "docker.io/library/top:latest"]);
  });
});
