import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bakeWithDaemon } from "../support/bake-with-daemon.ts";
import { courseSteps, runCourse } from "../support/course-page.ts";
import { startDockerRegistry } from "../support/docker-registry.ts";
import { startDockerd } from "../support/dockerd.ts";
import { freePort } from "../support/free-port.ts";
import { takeDownNetworks } from "../support/host-networks.ts";
import { lingeringWith, processesWith } from "../support/processes.ts";
import { readOciArchive } from "../support/read-oci-archive.ts";
import { requires } from "../support/requires.ts";
import { withoutDefaults } from "../support/without-defaults.ts";

const root = path.resolve(import.meta.dirname, "../..");
const cli = path.join(root, "dist", "cli.cjs");

it("the course is the same in both languages", () => {
  const [english, french] = ["course.md", "cours.md"].map((name) =>
    courseSteps(path.join(root, "docs", name)),
  );
  expect(english).toEqual(french);
});

describe.skipIf(!requires("root", "overlayfs", "crun", "skopeo", "umoci", "debian-mirror"))(
  "the examples",
  () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-examples-"));
    const env = { ...process.env, TSDOCK_HOME: path.join(directory, "home"), NO_COLOR: "1" };
    const layout = path.join(directory, "out");
    const tsdock = (...args: string[]) =>
      spawnSync(process.execPath, [cli, ...args], { cwd: root, env, encoding: "utf8" });

    beforeAll(() => {
      for (const args of [
        ["lock"],
        ["build"],
        ["publish", "--tag", "1.0.0", "--registry", `oci:${layout}`],
      ]) {
        const { status, stderr } = tsdock(...args);
        if (status !== 0) throw new Error(`tsdock ${args.join(" ")}: ${stderr}`);
      }
    }, 400_000);
    afterAll(() => {
      takeDownNetworks(env.TSDOCK_HOME);
      fs.rmSync(directory, { recursive: true, force: true });
    });

    it("print what the course says", () => {
      expect(tsdock("run", "--rm", "premier-programme").stdout).toBe("Bonjour à tous !\n");
      expect(tsdock("run", "--rm", "echo").stdout).toBe("Bonjour à tous\n");
      expect(tsdock("run", "--rm", "echo", "Ici un nouvel argument !").stdout).toBe(
        "Ici un nouvel argument !\n",
      );
      expect(tsdock("run", "--rm", "acme/report").stdout).toBe("1 files in /srv/www\n");
    });

    // Of the two pages, which have the same commands and print the same: see above.
    it.skipIf(!requires("docker-registry"))(
      "do and print what docs/course.md says, command by command",
      async () => {
        await using registry = await startDockerRegistry({ auth: "htpasswd" });
        const run = {
          page: path.join(root, "docs", "course.md"),
          directory: path.join(directory, "course"),
          store: env.TSDOCK_HOME,
          registry: registry.host,
          port: await freePort(),
        };
        let count = 0;
        for (const { command, printed, expected } of runCourse(run)) {
          expect(printed, `$ ${command}`).toMatch(expected);
          count += 1;
        }
        expect(count).toBeGreaterThan(25);
      },
    );

    it.skipIf(!requires("buildx", "newer-buildkit", "dockerd"))(
      "are built by buildx from what is exported, as they are here",
      async () => {
        await using daemon = await startDockerd({ hasContainerdStore: true });
        // `web` asks a mirror while it is built, and the daemon has no network.
        const targets = ["premier-programme", "echo"];
        const file = path.join(directory, "docker-bake.json");
        expect(tsdock("export", "bake", ...targets, "-o", file).stderr).toBe("");
        const archive = (name: string): string => path.join(directory, `${name}.tar`);
        bakeWithDaemon({ daemon, file, cwd: root, targets, archive });
        for (const name of targets) {
          const own = path.join(directory, `${name}.own.tar`);
          expect(tsdock("build", name, "-o", `type=oci,dest=${own},tar=true`).status).toBe(0);
          const [theirs] = readOciArchive(archive(name)).values();
          const [ours] = readOciArchive(own).values();
          expect(theirs?.files.length).toBeGreaterThan(0);
          expect(theirs?.files).toEqual(ours?.files);
          expect(withoutDefaults(theirs?.config ?? {})).toEqual(withoutDefaults(ours?.config ?? {}));
        }
      },
      240_000,
    );

    it("serve: nginx answers curl in the image that apt filled", () => {
      const script = "nginx && curl -s http://127.0.0.1/ | head -c 15; echo; echo $MA_VARIABLE";
      const { stdout, stderr } = tsdock(
        "run",
        "--rm",
        "--network",
        "none",
        "--entrypoint",
        "/bin/sh",
        "web",
        "-c",
        script,
      );
      expect(stderr).toBe("");
      expect(stdout).toBe("<!DOCTYPE html>\nje suis une variable\n");
    });

    it("end with the container's exit code, or docker's for what never began", () => {
      expect(tsdock("run", "--rm", "--entrypoint", "/bin/sh", "echo", "-c", "exit 7").status).toBe(7);
      expect(tsdock("run", "--rm", "--entrypoint", "/not/there", "echo").status).toBe(127);
      expect(tsdock("run", "--rm", "-v", "nonsense", "echo").status).toBe(125);
    });

    it("run nothing the second time, and publishing again sends nothing", () => {
      const build = JSON.parse(tsdock("build", "--json").stdout) as { vertices: { ran: number } };
      expect(build.vertices.ran).toBe(0);
      const publish = JSON.parse(
        tsdock("publish", "--json", "--tag", "1.0.0", "--registry", `oci:${layout}`).stdout,
      ) as {
        blobs: { uploaded: number };
        images: { tags: { action: string }[] }[];
      };
      expect(publish.blobs.uploaded).toBe(0);
      expect(new Set(publish.images.flatMap(({ tags }) => tags.map(({ action }) => action)))).toEqual(
        new Set(["keep"]),
      );
    });

    it("are read back by skopeo and unpacked by umoci", () => {
      // umoci takes what follows the first colon as the tag, so the image gets a name of its own.
      const [renamed, bundle] = [path.join(directory, "renamed"), path.join(directory, "bundle")];
      const copy = spawnSync("skopeo", ["copy", "-q", `oci:${layout}:echo:1.0.0`, `oci:${renamed}:echo`], {
        encoding: "utf8",
      });
      expect(copy.stderr).toBe("");
      expect(spawnSync("umoci", ["unpack", "--image", `${renamed}:echo`, bundle]).status).toBe(0);
      expect(fs.statSync(path.join(bundle, "rootfs", "usr/bin/busybox")).size).toBeGreaterThan(1_000_000);
      const copied = spawnSync(
        "skopeo",
        ["copy", "-q", `oci:${layout}:web:1.0.0`, `dir:${path.join(directory, "web")}`],
        { encoding: "utf8" },
      );
      expect(copied.stderr).toBe("");
      expect(copied.status).toBe(0);
    });

    it("leave nothing mounted and nothing running", () => {
      expect(fs.readFileSync("/proc/mounts", "utf8")).not.toContain(directory);
    });

    it("are interrupted without leaving anything", async () => {
      const child = spawn(
        process.execPath,
        [cli, "run", "--rm", "--entrypoint", "/bin/sleep", "echo", "1000"],
        { cwd: root, env, stdio: "ignore" },
      );
      const closed = once(child, "close");
      const isAsleep = (): boolean =>
        processesWith(env.TSDOCK_HOME).some((line) => line.endsWith(" /bin/sleep 1000 "));
      while (!isAsleep()) {
        expect(child.exitCode).toBeNull();
        await sleep(50);
      }
      child.kill("SIGKILL");
      await closed;
      expect(await lingeringWith(env.TSDOCK_HOME)).toEqual([]);
      expect(fs.readFileSync("/proc/mounts", "utf8")).not.toContain(directory);
      expect(tsdock("doctor").status).toBe(0);
    });
  },
);
