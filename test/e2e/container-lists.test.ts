import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, type CliResult, finished } from "../support/cli.ts";
import { mustRun, removeAll } from "../support/container-home.ts";
import { requires } from "../support/requires.ts";

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))("containers in lists", () => {
  let workspace: CliWorkspace;
  const tsdock = (...args: string[]): Promise<CliResult> => workspace.run(args);
  const ok = (...args: string[]): Promise<string> => mustRun(workspace, ...args);
  const names = async (): Promise<readonly string[]> =>
    (await ok("ps", "-a", "--format", "{{.Names}}")).trim().split("\n").sort();

  beforeAll(async () => {
    workspace = new CliWorkspace();
    await buildBox(workspace);
    await ok("run", "-d", "--name", "up", "--network", "none", "box", "sh", "-c", "sleep 301 & sleep 302");
  });
  afterAll(async () => {
    await removeAll(workspace);
    await workspace[Symbol.asyncDispose]();
  });

  it("show their processes as ps does, and only theirs", async () => {
    const lines = (await ok("top", "up")).trimEnd().split("\n");
    expect(lines[0]).toMatch(/^UID {17}PID {17}PPID {16}C {19}STIME {15}TTY {17}TIME {16}CMD$/);
    expect(
      lines
        .slice(1)
        .map((line) => line.slice(140))
        .sort(),
    ).toEqual(["sleep 301", "sleep 302"]);
    const joined = finished(workspace.start(["exec", "up", "sleep", "303"]));
    const until = Date.now() + 20_000;
    while (!(await ok("top", "up", "-eo", "pid,args")).includes("sleep 303"))
      expect(Date.now()).toBeLessThan(until);
    expect(await ok("container", "top", "up", "-eo", "pid,comm")).toMatch(
      /^PID {17}COMMAND\n(?:\d+ +\S+\n){3}$/,
    );
    await ok("exec", "up", "sh", "-c", "kill $(ps -o pid,args | grep '[s]leep 303' | (read p x; echo $p))");
    expect((await joined).exitCode).not.toBe(0);
    const refused = await Promise.all([tsdock("top", "up", "-o", "comm"), tsdock("top", "nobody")]);
    expect(refused.map(({ exitCode, stderr }) => [exitCode, stderr.split("\n")[0]])).toEqual([
      [2, expect.stringContaining("couldn't find PID field in ps output")],
      [1, expect.stringContaining("there is no container nobody")],
    ]);
  });

  it("get another name, running or not", async () => {
    await ok("run", "--name", "first", "--network", "none", "box", "true");
    await ok("rename", "first", "second");
    await ok("rename", "up", "above");
    expect([
      await ok("exec", "above", "echo", "there"),
      (await tsdock("exec", "up", "true")).exitCode,
    ]).toEqual(["there\n", 1]);
    expect(await ok("inspect", "--format", "{{.Name}}", "second")).toBe("/second\n");
    const refused = await Promise.all([
      tsdock("rename", "second", "above"),
      tsdock("rename", "second", "second"),
      tsdock("rename", "second", "../x"),
      tsdock("rename", "first", "third"),
      tsdock("top", "second"),
    ]);
    expect(refused.map(({ exitCode }) => exitCode)).toEqual([1, 1, 2, 1, 1]);
    await ok("rename", "above", "up");
    await ok("run", "--name", "first", "--network", "none", "box", "true");
    await ok("rm", "first", "second");
    expect(await names()).toEqual(["up"]);
  });

  it("are removed where they have ended", async () => {
    for (const name of ["one", "two", "three"])
      await ok(
        "run",
        "--name",
        name,
        "-l",
        `n=${name}`,
        "--network",
        "none",
        "box",
        "sh",
        "-c",
        "echo 12345678 >/f",
      );
    const asked = await tsdock("container", "prune");
    expect(asked.stdout).toBe(
      "WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ",
    );
    expect(await ok("container", "prune", "-f", "--filter", "until=24h")).toBe("Total reclaimed space: 0B\n");
    expect(
      await ok("container", "prune", "-f", "--filter", "label=n=one", "--filter", "label!=n=two"),
    ).toMatch(/^Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: 9B\n$/);
    expect((await tsdock("container", "prune", "-f", "--filter", "name=x")).exitCode).toBe(2);
    expect(await ok("container", "prune", "-f")).toMatch(
      /^Deleted Containers:\n(?:[0-9a-f]{64}\n){2}\nTotal reclaimed space: 18B\n$/,
    );
    expect(await names()).toEqual(["up"]);
  });

  it("are made first and started later", async () => {
    const id = await ok("create", "--name", "made", "--network", "none", "-i", "box", "cat", "/given", "-");
    expect(id).toMatch(/^[0-9a-f]{64}\n$/);
    await ok("create", "--rm", "--name", "brief", "--network", "none", "box", "true");
    expect(await ok("ps", "-a", "--filter", "status=created", "--format", "{{.Names}} {{.Status}}")).toBe(
      "brief Created\nmade Created\n",
    );
    workspace.write("given", "given\n");
    await ok("cp", "given", "made:/given");
    expect(await ok("start", "-a", "-i", "made")).toBe("given\n");
    expect(await ok("ps", "-as", "--filter", "name=made", "--format", "table {{.Names}}\t{{.Size}}")).toMatch(
      /^NAMES {5}SIZE\nmade {6}6B \(virtual [\d.]+MB\)\n$/,
    );
    expect(await ok("ps", "-s")).toMatch(/^CONTAINER ID .* NAMES +SIZE\n.* up +0B \(virtual [\d.]+MB\)\n$/);
    expect((await tsdock("start", "-a", "made", "brief")).exitCode).toBe(2);
    await ok("start", "-a", "brief");
    await ok("rm", "made");
    expect(await names()).toEqual(["up"]);
  });

  it("keep an image in use whose annotations changed since, which is listed once", async () => {
    const declare = (note: string): void =>
      workspace.write(
        "noted.image.ts",
        `import { box } from "./box.image.js";\nexport const noted = box.annotation({ note: "${note}" });\n`,
      );
    declare("one");
    await ok("build", "noted");
    await ok("create", "--name", "made", "--network", "none", "noted", "true");
    declare("two");
    await ok("build", "noted");
    const rows = async (): Promise<string> =>
      await ok("image", "ls", "--format", "{{.Repository}} {{.InUse}}", "--filter", "reference=noted");
    expect([await rows(), await ok("image", "ls", "-q", "--filter", "dangling=true")]).toEqual([
      "noted U\n",
      "",
    ]);
    expect((await tsdock("image", "rm", "noted")).stderr).toMatch(/the container (?:made|up) /);
    await ok("image", "rm", "-f", "noted");
    expect(await ok("start", "-a", "made")).toBe("");
    await ok("rm", "made");
    await ok("image", "prune", "-f");
  });
});
