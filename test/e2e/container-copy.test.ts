import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, type CliResult } from "../support/cli.ts";
import { leftBehind, mustRun, removeAll } from "../support/container-home.ts";
import { requires } from "../support/requires.ts";

const cli = path.resolve(import.meta.dirname, "../../dist/cli.cjs");

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))("tsdock cp", () => {
  let workspace: CliWorkspace;
  const tsdock = (...args: string[]): Promise<CliResult> => workspace.run(args);
  const ok = (...args: string[]): Promise<string> => mustRun(workspace, ...args);
  const within = (script: string): Promise<string> => ok("exec", "up", "sh", "-c", script);
  /** With bytes on standard input; gives those of standard output. */
  const piped = (input: Uint8Array, ...args: string[]): Buffer =>
    execFileSync(process.execPath, [cli, ...args], {
      cwd: workspace.directory,
      env: { ...process.env, TSDOCK_HOME: workspace.home },
      input,
    });
  const listed = (archive: Uint8Array): string =>
    execFileSync("tar", ["-tvf", "-", "--numeric-owner"], { input: archive, encoding: "utf8" });
  const text = (...names: string[]): string => fs.readFileSync(workspace.path(...names), "utf8");

  beforeAll(async () => {
    workspace = new CliWorkspace();
    await buildBox(workspace);
    workspace.write("src/a.txt", "a\n");
    workspace.write("src/sub/b.txt", "b\n");
    fs.symlinkSync("a.txt", workspace.path("src/link"));
    fs.linkSync(workspace.path("src/a.txt"), workspace.path("src/same"));
    fs.chmodSync(workspace.path("src/sub"), 0o750);
    execFileSync("mkfifo", ["-m", "640", workspace.path("src/pipe")]);
    fs.chownSync(workspace.path("src/a.txt"), 1234, 50);
    await ok(
      "run",
      "-d",
      "--name",
      "up",
      "-v",
      "vol:/vol",
      "-v",
      `${workspace.path("src")}:/ro:ro`,
      "box",
      "sleep",
      "300",
    );
    await ok(
      "run",
      "--name",
      "ended",
      "-v",
      "vol:/vol",
      "-v",
      `${workspace.path("src")}:/ro:ro`,
      "box",
      "true",
    );
    await tsdock("run", "--name", "again", "box", "cat", "/tmp-file");
  });
  afterAll(async () => {
    const ids = (await ok("ps", "-aq", "--no-trunc")).trim().split("\n");
    await removeAll(workspace);
    expect(await leftBehind(workspace, ids)).toEqual([]);
    await workspace[Symbol.asyncDispose]();
  });

  it.each(["up", "ended"])("copies there and back (%s)", async (name) => {
    await ok("cp", "src", `${name}:/copy`);
    await ok("cp", "src", `${name}:/copy`);
    await ok("cp", "src/.", `${name}:/vol`);
    await ok("cp", "src/a.txt", `${name}:/renamed`);
    await ok("cp", `${name}:/copy`, "back");
    expect(fs.readdirSync(workspace.path("back")).sort()).toEqual([
      "a.txt",
      "link",
      "pipe",
      "same",
      "src",
      "sub",
    ]);
    expect([text("back/src/sub/b.txt"), fs.readlinkSync(workspace.path("back/link"))]).toEqual([
      "b\n",
      "a.txt",
    ]);
    const [a, same] = [fs.statSync(workspace.path("back/a.txt")), fs.statSync(workspace.path("back/same"))];
    expect([a.ino, a.uid, fs.statSync(workspace.path("back/sub")).mode & 0o777]).toEqual([
      same.ino,
      0,
      0o750,
    ]);
    expect(fs.statSync(workspace.path("back/pipe")).isFIFO()).toBe(true);
    await ok("cp", "-a", "src/a.txt", `${name}:/kept`);
    await ok("cp", "-a", `${name}:/kept`, "kept");
    await ok("cp", `${name}:/kept`, "own");
    const owners = ["kept", "own"].map((file) => fs.statSync(workspace.path(file)));
    expect(owners.map(({ uid, gid }) => [uid, gid])).toEqual([
      [1234, 50],
      [0, 0],
    ]);
    await ok("cp", `${name}:/vol/link`, "as-link");
    await ok("cp", "-L", `${name}:/vol/link`, "as-file");
    expect([fs.readlinkSync(workspace.path("as-link")), text("as-file")]).toEqual(["a.txt", "a\n"]);
    for (const copy of ["back", "kept", "own", "as-link", "as-file"])
      fs.rmSync(workspace.path(copy), { recursive: true });
  });

  it("is seen by what runs, and by what is started again", async () => {
    await ok("cp", "src", "up:/seen");
    const seen = await within("cat /seen/sub/b.txt; stat -c %u:%g:%a /seen/a.txt /seen/sub");
    expect(seen).toBe("b\n0:0:644\n0:0:750\n");
    await ok("cp", "src/a.txt", "again:/tmp-file");
    expect(await ok("start", "-a", "again")).toBe("a\n");
  });

  it.each(["up", "ended"])("writes and reads archives (%s)", async (name) => {
    const archive = piped(Buffer.alloc(0), "cp", `${name}:/etc`, "-");
    expect(listed(archive)).toMatch(/^drwxr-xr-x 0\/0 .* etc\/\n(?:.*\n)*.* etc\/passwd\n/);
    await ok("run", "--rm", "-v", "vol:/vol", "box", "true");
    piped(archive, "cp", "-", `${name}:/vol`);
    piped(execFileSync("gzip", ["-c"], { input: archive }), "cp", "-", `${name}:/bin`);
    await ok("cp", `${name}:/vol/etc/passwd`, "passwd");
    await ok("cp", `${name}:/bin/etc/passwd`, "passwd2");
    expect([text("passwd"), text("passwd2")]).toEqual([
      expect.stringContaining("ann:x:1234"),
      text("passwd"),
    ]);
    expect(() => piped(archive.subarray(0, 700), "cp", "-", `${name}:/vol`)).toThrow("ends");
  });

  it.each(["up", "ended"])("reaches nothing outside the container through links (%s)", async (name) => {
    const up = "../".repeat(workspace.directory.split("/").length + 3);
    fs.writeFileSync(workspace.path("secret"), "secret\n");
    fs.rmSync(workspace.path("links"), { recursive: true, force: true });
    fs.mkdirSync(workspace.path("links"));
    fs.symlinkSync(workspace.directory, workspace.path("links/absolute"));
    fs.symlinkSync(`${up}${workspace.directory}`, workspace.path("links/relative"));
    fs.symlinkSync("/proc/1/root", workspace.path("links/magic"));
    await ok("cp", "links", `${name}:/`);
    const results = ["absolute", "relative", `magic${workspace.directory}`].flatMap((way) => [
      tsdock("cp", `${name}:/links/${way}/secret`, "stolen"),
      tsdock("cp", "src/a.txt", `${name}:/links/${way}/planted`),
    ]);
    for (const { exitCode, stderr } of await Promise.all(results))
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining("could not find the file")]);
    // An archive that goes through a link that is there.
    const through = ["-c", "--transform", "s,.*,links/absolute/planted,", "src/a.txt"];
    const member = execFileSync("tar", through, { cwd: workspace.directory });
    expect(() => piped(member, "cp", "-", `${name}:/`)).toThrow("cannot overwrite non-directory");
    for (const file of ["planted", "stolen"]) expect(fs.existsSync(workspace.path(file))).toBe(false);
  });

  it("refuses what cannot be, and says why", async () => {
    const failures: readonly (readonly [args: readonly string[], code: number, message: string])[] = [
      [["up:/nope", "."], 1, "could not find the file /nope in container up"],
      [["nope", "up:/"], 1, "no such file or directory"],
      [["src/a.txt", "up:/no/where"], 1, "could not find the file /no/where in container up"],
      [["src/a.txt", "up:/none/"], 1, "no directory that exists"],
      [["src", "up:/etc/passwd"], 1, "cannot copy a directory to the file up:/etc/passwd"],
      [["up:/etc/passwd/", "."], 1, "is not a directory"],
      [["src/a.txt", "nobody:/"], 1, "there is no container nobody"],
      [["up:/etc", "ended:/etc"], 2, "copying between containers is not supported"],
      [["src", "back"], 2, "must specify at least one container source"],
      [["src/a.txt", "up:/ro/new"], 1, "cannot be written to"],
      [["src/a.txt", "ended:/ro/new"], 1, "cannot be written to"],
      [["up:/dev/null", "."], 1, "could not find the file"],
      [["up:/proc/cpuinfo", "."], 1, "could not find the file"],
    ];
    const results = await Promise.all(failures.map(([args]) => tsdock("cp", ...args)));
    expect(
      results.map(({ exitCode, stderr }, at) => [
        exitCode,
        stderr.includes(failures[at]?.[2] ?? "?") || stderr,
      ]),
    ).toEqual(failures.map(([, code]) => [code, true]));
    expect(fs.existsSync(workspace.path("src/new"))).toBe(false);
  });
});
