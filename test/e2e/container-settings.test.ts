import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, type CliResult } from "../support/cli.ts";
import { mustRun, removeAll } from "../support/container-home.ts";
import { requires } from "../support/requires.ts";

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))("settings of processes", () => {
  let workspace: CliWorkspace;
  const tsdock = (...args: string[]): Promise<CliResult> => workspace.run(args);
  const ok = (...args: string[]): Promise<string> => mustRun(workspace, ...args);

  beforeAll(async () => {
    workspace = new CliWorkspace();
    await buildBox(workspace);
    const limits = ["--ulimit", "nofile=512:1024", "--ulimit", "core=0", "--ulimit", "cpu=-1"];
    const groups = ["--group-add", "staff", "--group-add", "4321"];
    await ok("run", "-d", "--name", "up", "--network", "none", ...limits, ...groups, "box", "sleep", "300");
  });
  afterAll(async () => {
    await removeAll(workspace);
    await workspace[Symbol.asyncDispose]();
  });

  it("have groups and limits, what joins them too", async () => {
    const limits = "ulimit -Sn; ulimit -Hn; ulimit -c; ulimit -t";
    expect(await ok("exec", "up", "sh", "-c", `id -G; ${limits}`)).toBe(
      "0 50 4321\n512\n1024\n0\nunlimited\n",
    );
    expect(await ok("exec", "up", "grep", "-E", "open files|cpu time", "/proc/1/limits")).toMatch(
      /^Max cpu time +unlimited +unlimited .*\nMax open files +512 +1024 /,
    );
    expect(
      await ok("inspect", "--format", "{{json .HostConfig.Ulimits}} {{json .HostConfig.GroupAdd}}", "up"),
    ).toBe(
      '[{"Name":"nofile","Hard":1024,"Soft":512},{"Name":"core","Hard":0,"Soft":0},{"Name":"cpu","Hard":-1,"Soft":-1}] ["staff","4321"]\n',
    );
    const refused = await Promise.all(
      [
        ["--ulimit", "nofile=9:8"],
        ["--ulimit", "files=9"],
        ["--ulimit", "nofile"],
        ["--group-add", "nobody-here"],
      ].map((args) => tsdock("run", "--rm", "--network", "none", ...args, "box", "true")),
    );
    expect(refused.map(({ exitCode }) => exitCode)).toEqual([125, 125, 125, 125]);
    expect(refused[0]?.stderr).toContain("must be less than or equal");
  });

  it("are left to themselves by exec -d", async () => {
    expect(
      await tsdock("exec", "-d", "up", "sh", "-c", "echo unseen; echo $$ >/began; exec sleep 307"),
    ).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
    const until = Date.now() + 20_000;
    while (!(await ok("top", "up", "-eo", "pid,args")).includes("sleep 307"))
      expect(Date.now()).toBeLessThan(until);
    const refused = await Promise.all([
      tsdock("exec", "-d", "up", "nothing-of-that-name"),
      tsdock("exec", "-dt", "up", "sh"),
      tsdock("exec", "-d", "nobody", "true"),
    ]);
    expect(refused.map(({ exitCode }) => exitCode)).toEqual([127, 2, 1]);
  });
});
