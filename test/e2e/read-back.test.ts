import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addBusybox, busyboxImage, imports } from "../support/busybox.ts";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { startDockerd } from "../support/dockerd.ts";
import { listing } from "../support/listing.ts";
import { findProgram, requires } from "../support/requires.ts";

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(findProgram(program) ?? program, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 26,
  });

/** All that a layer can hold, in an archive of GNU tar. */
function writeFixture(file: string): void {
  const directory = fs.mkdtempSync(`${file}-`);
  const script = `
    umask 022; mkdir -p tree/deep/down tree/sticky tree/old/opaque tree/old/gone; cd tree; chmod 1777 sticky
    echo content > plain; ln plain deep/hard; ln -s ../plain deep/soft; ln -s /nowhere/at/all dangling
    echo x > setuid; chown 12:34 setuid; chmod 6755 setuid; mkfifo -m 640 pipe; chown 5:6 deep/down; chmod 2750 deep/down
    mknod null c 1 3; mknod loop b 7 0; chmod 666 null
    cp /bin/true capable; setcap cap_net_bind_service,cap_net_raw=ep capable; setfattr -n user.note -v 'a note' plain
    printf h > "$(printf 'latin1-\\351')"; printf u > 'utf8-é'; printf n > ' spaces and "quotes" '; printf l > ${"n".repeat(200)}
    mkdir -p ${"d".repeat(120)}/${"e".repeat(120)}; echo deep > ${"d".repeat(120)}/${"e".repeat(120)}/file
    echo 1 > old/opaque/below; echo 1 > old/gone/below; echo 1 > old/file; echo 1 > old/becomes-directory; truncate -s 3M sparse; printf end >> sparse`;
  execFileSync("sh", ["-e", "-c", script], { cwd: directory });
  const xattrs = ["--xattrs", "--xattrs-include=*", "--sparse"];
  execFileSync("tar", [...xattrs, "--mtime=@1000", "-cf", file, "-C", path.join(directory, "tree"), "."]);
  fs.rmSync(directory, { recursive: true });
}

const moduleText = `${imports}
export const full = ${busyboxImage}.add({ archive: "fixture.tar" }, "/tree/")
  .run(["rm -r /tree/old/opaque /tree/old/gone /tree/old/file; mkdir /tree/old/opaque; touch /tree/old/opaque/above",
    "rm /tree/old/becomes-directory; mkdir /tree/old/becomes-directory; ln /tree/setuid /tree/again",
    "chmod 600 /tree/null; mv /tree/deep/soft /tree/moved"].join("\\n"))
  .symlink("plain", "/tree/last")
  .env({ LANG: "C.UTF-8", TEXT: "Bonjour à tous" }).workdir("/tree").user("12:34").label({ b: "2", a: "1" }).expose("53/udp", 80)
  .volume("/data").stopSignal("SIGINT").healthcheck({ test: ["/bin/ls"], interval: "30s" }).entrypoint(["/bin/ls"]).cmd(["-l"]);
`;

interface Config {
  readonly config: Readonly<Record<string, unknown>>;
  readonly history: readonly { readonly created_by: string; readonly empty_layer?: boolean }[];
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "setcap", "setfattr"))(
  "an image with everything in it",
  () => {
    let one: CliWorkspace;
    let config: Config;
    let files: readonly string[];

    beforeAll(async () => {
      one = new InProcessWorkspace();
      addBusybox(one);
      writeFixture(one.path("fixture.tar"));
      one.write("x.image.ts", moduleText);
      const outputs = ["oci", "docker", "local"].flatMap((type) => ["-o", `type=${type},dest=${type}`]);
      const built = await one.run(["build", ...outputs]);
      if (built.exitCode !== 0) throw new Error(built.stderr);
      const reference = `oci:${one.path("oci")}:full:latest`;
      if (findProgram("skopeo") !== undefined)
        config = JSON.parse(run("skopeo", "inspect", "--config", "--raw", reference)) as Config;
      files = listing(one.path("local"));
    });
    afterAll(() => one[Symbol.asyncDispose]());

    /** The layout under a name that every tool can take. */
    const layout = (): string => {
      const directory = one.path("renamed");
      if (!fs.existsSync(directory))
        run(
          "skopeo",
          "--insecure-policy",
          "copy",
          "-q",
          `oci:${one.path("oci")}:full:latest`,
          `oci:${directory}:full`,
        );
      return `${directory}:full`;
    };

    it("has what was made", () => {
      const text = files.join("\n");
      for (const pattern of [
        /"tree\/capable" 100755 .* security\.capability=0x/,
        /"tree\/plain" .* user\.note=/,
        /"tree\/deep\/hard" .* = tree\/plain|"tree\/plain" .* = tree\/deep\/hard/,
        /"tree\/null" 20600 0:0 /,
        /"tree\/loop" 60/,
        /"tree\/pipe" 10640/,
        /"tree\/setuid" 106755 12:34|= tree\/again/,
        /"tree\/latin1-é"/,
        /"tree\/utf8-Ã©"/,
        /"tree\/old\/opaque\/above"/,
        /"tree\/sparse" 100644 0:0 0 3145731 /,
      ])
        expect(text).toMatch(pattern);
      expect(text).not.toMatch(/old\/opaque\/below|old\/gone|old\/file|deep\/soft/);
    });

    it.skipIf(!requires("skopeo"))("is inspected and copied by skopeo as we show it", async () => {
      const [inspected] = JSON.parse((await one.run(["image", "inspect", "full"])).stdout) as {
        Id: string;
        RootFS: { Layers: string[] };
      }[];
      expect(config.rootfs.diff_ids).toEqual(inspected?.RootFS.Layers);
      expect(config.config).toMatchObject({
        User: "12:34",
        Env: expect.arrayContaining(["LANG=C.UTF-8", "TEXT=Bonjour à tous"]) as unknown,
        Entrypoint: ["/bin/ls"],
        Cmd: ["-l"],
        WorkingDir: "/tree",
        ExposedPorts: { "53/udp": {}, "80/tcp": {} },
        Volumes: { "/data": {} },
        Labels: { a: "1", b: "2" },
        StopSignal: "SIGINT",
      });
      expect(config.history.filter((entry) => entry.empty_layer !== true)).toHaveLength(
        config.rootfs.diff_ids.length,
      );
      const archive = `docker-archive:${one.path("docker")}:full:latest`;
      const ofDocker = JSON.parse(run("skopeo", "inspect", "--config", "--raw", archive)) as Config;
      expect(ofDocker).toEqual(config);
      const copied = one.path("copied");
      run("skopeo", "--insecure-policy", "copy", "-q", archive, `oci:${copied}:full`);
      const again = JSON.parse(run("skopeo", "inspect", "--config", "--raw", `oci:${copied}:full`)) as Config;
      expect(again.rootfs).toEqual(config.rootfs);
    });

    it.skipIf(!requires("umoci", "skopeo"))("is unpacked by umoci to the same files", () => {
      const bundle = one.path("bundle");
      run("umoci", "unpack", "--image", layout(), bundle);
      expect(listing(path.join(bundle, "rootfs"))).toEqual(files);
    });

    it.skipIf(!requires("buildah"))(
      "is mounted by buildah with the same files, and shown with the same history",
      () => {
        const storage = [
          "--root",
          one.path("storage"),
          "--runroot",
          one.path("storage-run"),
          "--storage-driver",
          "vfs",
        ];
        const buildah = (...args: readonly string[]): string => run("buildah", ...storage, ...args).trim();
        // It makes a name of the path, and names are lower-case.
        const lowerCase = path.join(os.tmpdir(), `tsdock-${randomBytes(6).toString("hex")}`);
        fs.symlinkSync(one.path("oci"), lowerCase);
        const container = buildah("from", `oci:${lowerCase}:full:latest`);
        fs.unlinkSync(lowerCase);
        expect(listing(buildah("mount", container))).toEqual(files);
        const shown = JSON.parse(buildah("inspect", container)) as { OCIv1: Config; Docker: Config };
        expect(shown.OCIv1.rootfs.diff_ids).toEqual(config.rootfs.diff_ids);
        expect(shown.OCIv1.history).toEqual(config.history);
        const { User, WorkingDir, Entrypoint, Cmd, Labels, StopSignal } = config.config;
        expect(shown.OCIv1.config).toMatchObject({ User, WorkingDir, Entrypoint, Cmd, Labels, StopSignal });
        buildah("rm", container);
      },
    );

    it.skipIf(!requires("dockerd"))(
      "is loaded, shown and exported by docker with the same files and history",
      { timeout: 180_000 },
      async () => {
        await using daemon = await startDockerd();
        daemon.docker("load", "--input", one.path("docker"));
        const [loaded] = JSON.parse(daemon.docker("image", "inspect", "full:latest")) as {
          Id: string;
          RootFS: { Layers: string[] };
        }[];
        expect(loaded?.RootFS.Layers).toEqual(config.rootfs.diff_ids);
        const history = daemon.docker(
          "image",
          "history",
          "--no-trunc",
          "--format",
          "{{.CreatedBy}}\u0001",
          "full:latest",
        );
        expect(history.split("\u0001\n").slice(0, -1).reverse()).toEqual(
          config.history.map((entry) => entry.created_by),
        );
        const container = daemon.docker("create", "--network", "none", "full:latest").trim();
        daemon.docker("export", "--output", one.path("exported.tar"), container);
        fs.mkdirSync(one.path("exported"));
        run(
          "tar",
          "--xattrs",
          "--xattrs-include=*",
          "--numeric-owner",
          "-xpf",
          one.path("exported.tar"),
          "-C",
          one.path("exported"),
        );
        const machine = new Set([".dockerenv", "dev", "proc", "sys", "etc", "data"]);
        // Of attributes, docker keeps file capabilities alone.
        const withoutUsers = (lines: readonly string[]): readonly string[] =>
          lines.map((line) => line.replace(/user\.\S+=\S+/, ""));
        const exported = listing(one.path("exported"), (file) => machine.has(file));
        expect(withoutUsers(exported)).toEqual(withoutUsers(files));
        daemon.docker("rm", container);
      },
    );
  },
);
