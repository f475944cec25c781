import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, type CliResult, finished } from "../support/cli.ts";
import { type OtherUser, otherUser } from "../support/other-user.ts";
import { lingeringWith, processesWith } from "../support/processes.ts";
import { requires } from "../support/requires.ts";

const cli = path.resolve(import.meta.dirname, "../../dist/cli.cjs");

/** As crowds of root's: `TSDOCK_KILLS=50` takes minutes. */
const kills = Number(process.env["TSDOCK_KILLS"] ?? "4");

interface Inspected {
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[]>>;
  };
}

describe.skipIf(
  !requires("root", "crun", "busybox-static", "slirp4netns", "unprivileged-users", "overlayfs"),
)("containers of an ordinary user", () => {
  let user: OtherUser;
  let workspace: CliWorkspace;
  /** With a /dev/net/tun that everybody may open, in a mount namespace of its own. */
  const start = (...args: readonly string[]): ChildProcess => {
    const script = [
      "mount -t tmpfs tmpfs /dev/net",
      "mknod /dev/net/tun c 10 200",
      "chmod 666 /dev/net/tun",
      `exec setpriv --reuid=${user.uid} --regid=${user.gid} --clear-groups "$@"`,
    ];
    const command = ["--mount", "sh", "-ec", script.join("; "), "sh", process.execPath, cli, ...args];
    return spawn("unshare", command, {
      cwd: workspace.directory,
      env: { ...process.env, HOME: workspace.directory, TSDOCK_HOME: workspace.home, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
  };
  const tsdock = (...args: readonly string[]): Promise<CliResult> => finished(start(...args));
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await tsdock(...args);
    if (exitCode !== 0) throw new Error(`tsdock ${args.join(" ")}: ${exitCode} ${stderr}`);
    return stdout;
  };
  const ids = async (): Promise<readonly string[]> =>
    (await ok("ps", "-aq", "--no-trunc")).split("\n").filter((line) => line !== "");

  beforeAll(async () => {
    user = otherUser();
    workspace = new CliWorkspace(undefined, user);
    await buildBox(workspace);
  });
  afterAll(async () => {
    const left = await ids();
    if (left.length > 0) await ok("rm", "-f", ...left);
    await workspace[Symbol.asyncDispose]();
    user[Symbol.dispose]();
  });

  it("are on one network, find one another by name, answer on published ports, and leave nothing", async () => {
    const serve = ["box", "httpd", "-f", "-h", "/etc"];
    const id = (await ok("run", "-d", "--name", "web", "--network", "bridge", "-p", "80", ...serve)).trim();
    try {
      const fetchInside = ["box", "wget", "-q", "-O", "-", "http://web/hostname"];
      expect(await ok("run", "--rm", ...fetchInside)).toBe(`${id.slice(0, 12)}\n`);
      const [inspected] = JSON.parse(await ok("inspect", "web")) as readonly Inspected[];
      const port = inspected?.NetworkSettings.Ports["80/tcp"]?.[0]?.HostPort ?? "";
      expect(await (await fetch(`http://127.0.0.1:${port}/hostname`)).text()).toBe(`${id.slice(0, 12)}\n`);
      const refused = await tsdock("run", "--rm", "--network", "bridge", "-p", "80:80", "box", "true");
      expect([refused.exitCode, refused.stderr]).toEqual([125, expect.stringContaining("below 1024")]);
    } finally {
      await ok("rm", "-f", "web");
    }
    expect(await lingeringWith(workspace.home)).toEqual([]);
  });

  it("are counted, joined, waited for, and refused with the reason what this user's kernel does not give", async () => {
    const spin = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; echo done; sleep 300 & wait";
    await ok("run", "-d", "--name", "busy", "--network", "host", "box", "sh", "-c", spin);
    while ((await ok("logs", "busy")) === "") await sleep(20);
    const [name, cpu, memory = "", pids] = (
      await ok("stats", "--no-stream", "--format", "{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}")
    ).split(/ (?=\d+\.\d+%|\d+\S*B \/|\d+\n)/);
    expect([name, cpu, pids]).toEqual(["busy", expect.stringMatching(/^\d+\.\d\d%$/), "2\n"]);
    expect(memory).toMatch(/^[1-9]\S*KiB \/ \d\S*[GT]iB$|^[1-9]\S*MiB \/ /);
    expect(await ok("exec", "-u", "ann", "busy", "id", "-u")).toBe("1234\n");
    await ok("cp", "box.image.ts", "busy:/bin/copied");
    expect(await ok("exec", "busy", "stat", "-c", "%u:%g", "/bin/copied")).toBe("0:0\n");
    await ok("stop", "-t", "0", "busy");
    await ok("cp", "busy:/bin/copied", "copied");
    expect(fs.statSync(workspace.path("copied")).uid).toBe(user.uid);
    await ok("rm", "-f", "busy");
    const refusals = await Promise.all(
      [
        ["--memory", "64m"],
        ["--cpus", "0.5"],
        ["--pids-limit", "5"],
      ].map(async (limit) => {
        const { exitCode, stderr } = await tsdock("run", "--network", "none", ...limit, "box", "true");
        return `${exitCode} ${stderr.split(": ")[0]}`;
      }),
    );
    const refused = "125 error LIMIT_UNAVAILABLE the kernel refuses to limit the container";
    expect(refusals).toEqual([refused, refused, refused]);
    const reading = await tsdock(
      "run",
      "--rm",
      "--network",
      "none",
      "-v",
      "/etc/shadow:/x",
      "box",
      "cat",
      "/x",
    );
    expect([reading.exitCode, reading.stdout]).toEqual([1, ""]);
    expect([await ids(), await lingeringWith(workspace.home)]).toEqual([[], []]);
  });

  it(`lose any process of ours ${kills} times at random moments, and the next command puts it right`, {
    timeout: 600_000,
  }, async () => {
    const service = ["--rm", "--network", "bridge", "-p", "81", "box", "sleep", "300"];
    const began = Date.now();
    await ok("run", "--rm", "--network", "bridge", "-p", "81", "box", "true");
    const lifeMs = Date.now() - began;
    for (let round = 0; round < kills; round++) {
      const child = start("run", ...(round % 3 === 0 ? [] : ["-d"]), ...service);
      const ended = finished(child);
      await sleep(randomInt(Math.ceil(lifeMs * 1.3)));
      if (round % 3 === 2) killOneOf(processesWith(workspace.home));
      else child.kill("SIGKILL");
      if (round % 3 === 0) await ended;
      else await Promise.race([ended, sleep(5_000)]);
      child.kill("SIGKILL");
      await ended;
      // Who is killed while it starts a container for good may leave one, whole: its supervisor lives.
      const left = await ids();
      if (left.length > 0) await ok("rm", "-f", ...left);
      expect(await ids()).toEqual([]);
    }
    expect(fs.readdirSync(path.join(workspace.home, "container-names"))).toEqual([]);
    expect(await lingeringWith(workspace.home)).toEqual([]);
  });
});

/** Any process that has to do with the home: supervisors, runtimes, those that hold the network. */
function killOneOf(lines: readonly string[]): void {
  const line = lines[randomInt(Math.max(lines.length, 1))];
  if (line === undefined) return;
  try {
    process.kill(Number(line.split(" ")[0]), "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
