import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, type CliResult } from "../support/cli.ts";
import { leftBehind, mustRun, removeAll } from "../support/container-home.ts";
import { requires } from "../support/requires.ts";

/** Links of the images lead to `victim`, as far up as there is anything. */
const images = (victim: string): string => `import { image } from "tsdock";
import { box } from "./box.image.js";
const out = "../../../../../../../..${victim}";
export const linked = box.symlink(out + "/hosts", "/etc/hosts").symlink("${victim}/name", "/etc/hostname")
  .symlink(out, "/w").workdir("/w/made").volume("/w/volume");
export const stolen = image().from(box).run(["sh", "-c", "busybox rm /etc/passwd; busybox ln -s " + out + "/passwd /etc/passwd"]);
export const waiting = image().from(box).run(["sh", "-c", "busybox rm /etc/group /etc/passwd; busybox mkfifo /etc/group /etc/passwd"]);
export const kernel = box.volume("/proc/self/fd");
export const magic = box.symlink("/proc/1/root", "/r").volume("/r/etc");
`;

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "nft", "ip"))(
  "what images and people try",
  () => {
    let workspace: CliWorkspace;
    let victim: string;
    const run = (...args: readonly string[]): Promise<CliResult> => workspace.run(["run", "--rm", ...args]);
    const ok = (...args: readonly string[]): Promise<string> => mustRun(workspace, ...args);
    /** Exit code and the error's code and message, of many at once. */
    const outcomes = (all: readonly (readonly string[])[]): Promise<readonly string[]> =>
      Promise.all(
        all.map(async (args) => {
          const { exitCode, stderr } = await workspace.run(args);
          return `${exitCode} ${stderr.split("\n")[0]}`;
        }),
      );

    beforeAll(async () => {
      workspace = new CliWorkspace();
      victim = workspace.path("victim");
      fs.mkdirSync(victim);
      fs.writeFileSync(`${victim}/passwd`, "guest:x:77:77::/:/bin/sh\n");
      await buildBox(workspace);
      workspace.write("evil.image.ts", images(victim));
      await ok("build", "linked", "stolen", "waiting", "kernel", "magic");
    });
    afterAll(async () => {
      await removeAll(workspace);
      await workspace[Symbol.asyncDispose]();
    });

    it("touches nothing of this machine, reads nothing of it, and is not waited for", async () => {
      const looked = ["sh", "-c", "pwd; echo x >written; cat /etc/hosts /etc/hostname; ls /w/volume"];
      const linked = await run("--hostname", "inside", "linked", ...looked);
      expect([linked.exitCode, linked.stderr]).toEqual([0, ""]);
      expect(linked.stdout).toMatch(/^\/.*\/victim\/made\n127\.0\.0\.1\tlocalhost\n[\s\S]*\ninside\n$/);
      expect(fs.readdirSync(victim)).toEqual(["passwd"]);
      expect(
        await outcomes([
          ["run", "--rm", "-u", "guest", "stolen", "true"],
          ["run", "--rm", "-u", "ann", "waiting", "true"],
          ["run", "--rm", "-u", "7:8", "waiting", "true"],
          ["run", "--rm", "kernel", "true"],
          ["run", "--rm", "magic", "true"],
        ]),
      ).toEqual([
        expect.stringMatching(/^125 error USER_UNKNOWN the image knows no user "guest"/),
        expect.stringMatching(/^125 error USER_UNKNOWN the image knows no user "ann"/),
        "0 ",
        expect.stringMatching(/^125 error MOUNT_REFUSED \/proc\/self\/fd is in \/proc/),
        expect.stringMatching(/^125 error (EXECUTOR_FAILED|MOUNT_REFUSED) /),
      ]);
    });

    it("keeps variables of files from Node itself", () => {
      workspace.write("own.env", "NODE_OPTIONS=--no-such-option\n");
      const cli = path.resolve(import.meta.dirname, "../../dist/cli.cjs");
      const started = (file: string): readonly unknown[] => {
        const args = [
          "run",
          "--rm",
          "--network",
          "none",
          "--env-file",
          file,
          "box",
          "sh",
          "-c",
          "echo $NODE_OPTIONS",
        ];
        const env = { ...process.env, TSDOCK_HOME: workspace.home, NO_COLOR: "1" };
        const { status, stdout, stderr } = spawnSync(cli, args, {
          cwd: workspace.directory,
          env,
          encoding: "utf8",
        });
        return [status, stdout, stderr.split(":")[0]];
      };
      expect(started("own.env")).toEqual([0, "--no-such-option\n", ""]);
      expect(started("missing.env")).toEqual([
        125,
        "",
        "error ENV_INVALID --env-file missing.env cannot be read",
      ]);
    });

    it("is refused with docker's codes, and nothing is left", async () => {
      // What a name would be looked for in.
      await ok("volume", "create", "there");
      const said = await outcomes([
        ["run", "--rm", "box", "/etc"],
        ["run", "-v", "/proc/nowhere:/x", "box", "true"],
        ["run", "-d", "--name", "a".repeat(300), "box", "true"],
        ["run", "--rm", "-w", "/etc/passwd", "box", "true"],
        ["run", "--cidfile", "package.json", "box", "true"],
        ["run", "--rm", "--pull", "never", "nowhere.example/box", "true"],
        ["inspect", "a".repeat(300)],
        ["logs", "../containers"],
        ["exec", "--privileged", "x", "true"],
        ["rm", "-f", "nobody"],
      ]);
      expect(
        said.map((line) =>
          line
            .split(" ")
            .filter((word) => word !== "error")
            .slice(0, 2)
            .join(" "),
        ),
      ).toEqual([
        "126 CONTAINER_COMMAND_DENIED",
        "125 MOUNT_SOURCE_MISSING",
        "125 CONTAINER_NAME_INVALID",
        "125 EXECUTOR_FAILED",
        "125 USAGE",
        "125 IMAGE_NOT_FOUND",
        "1 OBJECT_NOT_FOUND",
        "1 CONTAINER_NOT_FOUND",
        "125 USAGE",
        "0 CONTAINER_NOT_FOUND",
      ]);
      expect(await leftBehind(workspace)).toEqual([]);
    });

    it("leaves containers that heed nothing, change under us or fork without end to be ended by anybody at once", async () => {
      const heedless =
        'trap "" TERM; busybox rm /etc/passwd; busybox mkfifo /etc/passwd; while true; do sleep 1; done';
      const id = (await ok("run", "-d", "--name", "heedless", "box", "sh", "-c", heedless)).trim();
      const forks = "i=0; while [ $i -lt 300 ]; do sleep 300 & i=$((i+1)); done; echo all; wait";
      const many = (await ok("run", "-d", "--name", "forks", "box", "sh", "-c", forks)).trim();
      const alias = ["--network-alias", "other", "--add-host", "db:10.9.9.9", "--volumes-from", "heedless"];
      expect(await ok("run", "--rm", ...alias, "box", "cat", "/etc/hosts")).toMatch(
        /^10\.9\.9\.9\tdb$[\s\S]* other$/m,
      );
      const isPipe = ["exec", "heedless", "busybox", "test", "-p", "/etc/passwd"];
      while ((await workspace.run(isPipe)).exitCode !== 0);
      const exec = await workspace.run(["exec", "-u", "ann", "heedless", "true"]);
      expect(exec.stderr).toMatch(/^error USER_UNKNOWN/);
      const began = performance.now();
      const ends = await Promise.all(
        ["heedless", "forks", "heedless", "forks"].map((name) => workspace.run(["rm", "-f", name])),
      );
      expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
      expect(performance.now() - began).toBeLessThan(20_000);
      expect(await leftBehind(workspace, [id, many])).toEqual([]);
    });
  },
);
