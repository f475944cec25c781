import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, type CliResult } from "../support/cli.ts";
import { lingeringWith, processesWith } from "../support/processes.ts";
import { requires } from "../support/requires.ts";

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))("containers", () => {
  let workspace: CliWorkspace;
  const tsdock = (...args: string[]): Promise<CliResult> => workspace.run(args);
  const ok = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await tsdock(...args);
    if (exitCode !== 0) throw new Error(`tsdock ${args.join(" ")}: ${exitCode} ${stderr}`);
    return stdout;
  };
  const filesOf = (directory: string): readonly string[] => {
    const place = path.join(workspace.home, directory);
    return fs.existsSync(place) ? fs.readdirSync(place) : [];
  };

  beforeAll(async () => {
    workspace = new CliWorkspace();
    await buildBox(workspace);
  });
  afterAll(async () => {
    for (const id of (await ok("ps", "-aq")).split("\n").filter((line) => line !== ""))
      await ok("rm", "-f", id);
    await workspace[Symbol.asyncDispose]();
  });

  it("run on their own, are listed, tell what they wrote, are stopped and removed", async () => {
    const script =
      'trap "echo bye; exit 3" TERM; echo started; echo oh >/dev/stderr; while true; do sleep 0.05; done';
    const id = (await ok("run", "-d", "--name", "web", "box", "sh", "-c", script)).trim();
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await ok("ps")).toMatch(
      new RegExp(
        `^CONTAINER ID   IMAGE     COMMAND +CREATED +STATUS +PORTS     NAMES\n${id.slice(0, 12)}   box +"sh -c 'trap .* +Up .* +web\n$`,
      ),
    );
    await ok("stop", "web");
    expect(await ok("ps", "-q")).toBe("");
    expect(await ok("ps", "-a", "--format", "{{.ID}} {{.State}} {{.Names}}")).toBe(
      `${id.slice(0, 12)} exited web\n`,
    );
    expect(await ok("ps", "-a", "--format", "{{.Status}}")).toMatch(/^Exited \(3\) /);
    const logs = await tsdock("logs", "web");
    expect([logs.stdout, logs.stderr]).toEqual(["started\nbye\n", "oh\n"]);
    expect(await ok("logs", "--tail", "1", "-t", "web")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z bye\n$/);
    expect(await ok("rm", "web")).toBe("web\n");
    expect([filesOf("containers"), filesOf("container-names")]).toEqual([[], []]);
  });

  it("on their own have a process that tells nobody its command line, and holds nothing of its caller's", async () => {
    const secret = `hidden-${process.pid}`;
    const id = (await ok("run", "-d", "--rm", "-e", `PASSWORD=${secret}`, "box", "sleep", "300")).trim();
    const title = `tsdock: container ${id.slice(0, 12)} of ${workspace.home}`;
    const [line = ""] = processesWith(title);
    const proc = `/proc/${line.split(" ")[0]}`;
    expect(fs.readFileSync(`${proc}/cmdline`, "latin1").replaceAll("\0", "")).toBe(title);
    expect([0, 1, 2].map((descriptor) => fs.readlinkSync(`${proc}/fd/${descriptor}`))).toEqual(
      Array.from({ length: 3 }, () => "/dev/null"),
    );
    expect(fs.readlinkSync(`${proc}/cwd`)).toBe("/");
    expect(await ok("exec", id, "sh", "-c", "echo $PASSWORD")).toBe(`${secret}\n`);
    await ok("kill", id);
    expect(await lingeringWith(title)).toEqual([]);
    expect(filesOf("containers")).toEqual([]);
  });

  it("give their exit code, or docker's where they never began, and then nothing is left", async () => {
    const codes = await Promise.all([
      tsdock("run", "--rm", "box", "sh", "-c", "exit 7"),
      tsdock("run", "box", "nothing-of-that-name"),
      tsdock("run", "-d", "box", "nothing-of-that-name"),
      tsdock("run", "box", "/etc/passwd"),
      tsdock("run", "--user", "nobody-here", "box", "true"),
      tsdock("run", "no-such-image"),
      tsdock("run", "--rm", "box", "sh", "-c", "sh -c 'kill -9 $$'; exit $?"),
    ]);
    expect(codes.map(({ exitCode }) => exitCode)).toEqual([7, 127, 127, 126, 125, 125, 137]);
    expect([filesOf("containers"), filesOf("container-names")]).toEqual([[], []]);
  });

  it("are joined, limited and counted, and removed while they run", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "lim",
      "--memory",
      "32m",
      "--read-only",
      "--cap-drop",
      "ALL",
      "box",
      "sleep",
      "300",
    );
    const seen = await ok(
      "exec",
      "-e",
      "X=1",
      "-u",
      "ann",
      "lim",
      "sh",
      "-c",
      "id -u; echo $X; grep CapBnd /proc/self/status",
    );
    expect(seen).toBe("1234\n1\nCapBnd:\t0000000000000000\n");
    expect((await tsdock("exec", "lim", "touch", "/x")).exitCode).toBe(1);
    expect((await tsdock("exec", "lim", "nothing-of-that-name")).exitCode).toBe(127);
    expect(await ok("stats", "--no-stream", "--format", "{{.MemUsage}}", "lim")).toMatch(/ \/ 32MiB\n$/);
    expect(await ok("inspect", "--format", "{{.State.Running}} {{.HostConfig.Memory}}", "lim")).toBe(
      "true 33554432\n",
    );
    expect((await tsdock("rm", "lim")).exitCode).toBe(1);
    await ok("rm", "-f", "lim");
    expect((await tsdock("exec", "lim", "true")).exitCode).toBe(1);
  });
});
