import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { addBusybox, addProgram, busyboxImage, imports } from "../support/busybox.ts";
import { type CliUser, CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { type OtherUser, otherUser } from "../support/other-user.ts";
import { lingeringWith } from "../support/processes.ts";
import { requires } from "../support/requires.ts";

const secret = "hunter2-the-secret";

const moduleText = `${imports}
const tools = ${busyboxImage};
const data = image().from(scratch).file("/data/a.txt", "of an image\\n");
export const app = tools
  .run("cat /run/secrets/token | grep -c hunter2 > /secret; echo \${#TOKEN} $(stat -c '%a %u' /elsewhere) >> /secret", {
    mounts: [mount.secret("token"), mount.secret("token", { env: "TOKEN" }), mount.secret("token", { target: "/elsewhere", mode: "440", uid: 7 })],
  })
  .run("cat /seed.txt /cache/* > /first 2>/dev/null; echo 1 > /cache/count", { mounts: [mount.cache("/cache", { id: "c" }), mount.bind("/seed.txt", { source: "src/seed.txt" })] })
  .run("cat /again/count > /second", { mounts: [mount.cache("/again", { id: "c" }), mount.cache("/full", { from: data, source: "/data" })] })
  .run("cat /full/a.txt > /third; echo x > /full/b", { mounts: [mount.cache("/full", { from: data, source: "/data" })] })
  .run("ls /context /of > /bound; echo no > /context/new; touch /ro/x || echo refused >> /bound", {
    mounts: [mount.bind("/context", { source: "src", writable: true }), mount.bind("/of", { from: data, source: "/data" }), mount.bind("/ro", { source: "src" })],
  })
  .run("echo y > /scratch/y; grep -c ' /scratch tmpfs' /proc/mounts > /tmpfs", { mounts: [mount.tmpfs("/scratch", { size: "1m" })] });
`;

/** Everything in a directory as one text. */
const bytesBelow = (directory: string): string =>
  fs
    .readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name), "latin1"))
    .join("\n");

const root = { uid: 0, gid: 0, [Symbol.dispose]: () => undefined } satisfies OtherUser;
const users = [
  { name: "root", needs: "root", open: (): OtherUser => root },
  { name: "an ordinary user", needs: "unprivileged-users", open: otherUser },
] as const;

const workspaceOf = (user: OtherUser): CliWorkspace =>
  user === root ? new InProcessWorkspace() : new CliWorkspace(undefined, user);

/** An agent of the user with one key; `list` is what its client says of it. */
async function startAgent(
  directory: string,
  user: CliUser,
): Promise<{ socket: string; list: string } & AsyncDisposable> {
  const [socket, key] = [path.join(directory, "agent"), path.join(directory, "key")];
  const identity = process.geteuid?.() === 0 ? { uid: user.uid, gid: user.gid } : {};
  const agent = spawn("ssh-agent", ["-D", "-a", socket], {
    stdio: ["ignore", "pipe", "ignore"],
    ...identity,
  });
  await once(agent.stdout, "data");
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], ...identity });
  run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a key for tests", "-f", key);
  run("ssh-add", "-q", key);
  return {
    socket,
    list: run("ssh-add", "-l"),
    [Symbol.asyncDispose]: async () => {
      const exit = once(agent, "exit");
      agent.kill();
      await exit;
    },
  };
}

describe.each(users)("mounts of a build by $name", ({ needs, open }) => {
  it.skipIf(!requires(needs, "busybox-static", "crun", "overlayfs"))(
    "give their files to the command and leave nothing of them in image, store or log",
    async () => {
      using user = open();
      await using one = workspaceOf(user);
      addBusybox(one);
      one.write("x.image.ts", moduleText);
      one.write("src/seed.txt", "of the context\n");
      one.write("token", secret);
      const build = ["build", "--secret", "id=token,src=token", "-o", "type=local,dest=out"];
      const built = await one.run(build);
      expect(built.exitCode, built.stderr).toBe(0);
      const read = (name: string): string => fs.readFileSync(one.path("out", name), "utf8");
      expect(read("secret")).toBe(`1\n${secret.length} 440 7\n`);
      expect(read("first")).toBe("of the context\n");
      expect(read("second")).toBe("1\n");
      expect(read("third")).toBe("of an image\n");
      expect(read("bound")).toBe("/context:\nseed.txt\n\n/of:\na.txt\nrefused\n");
      expect(read("tmpfs")).toBe("1\n");
      expect(fs.readdirSync(one.path("out")).sort()).toEqual(
        ["bin", "bound", "first", "second", "secret", "third", "tmpfs"].sort(),
      );
      expect(fs.readdirSync(one.path("src"))).toEqual(["seed.txt"]);
      expect(bytesBelow(one.home)).not.toContain(secret);
      expect(built.stdout + built.stderr).not.toContain(secret);
      expect(built.stderr).not.toContain("Warning");
      expect(await lingeringWith(one.directory)).toEqual([]);
    },
  );

  it.skipIf(!requires(needs, "busybox-static", "crun", "overlayfs"))(
    "give a cache the owner and the mode that the command asks for, and count them and what it begins with",
    async () => {
      using user = open();
      await using one = workspaceOf(user);
      addBusybox(one);
      const declare = (owner: string, begin: string): void =>
        one.write(
          "x.image.ts",
          `${imports}
const data = image().from(scratch).file("/seed", "${begin}");
export const app = ${busyboxImage}.directory("/tmp", { chmod: "1777" })
  .run("stat -c '%a %u:%g' /cache > /tmp/seen; cat /cache/seed >> /tmp/seen; touch /cache/mine", {
    user: "7:8", mounts: [mount.cache("/cache", { id: "${begin}", from: data, ${owner} })],
  });`,
        );
      const seen = async (): Promise<{ ran: boolean; text: string }> => {
        const built = await one.run(["build", "--json", "-o", "type=local,dest=out"]);
        expect(built.exitCode, built.stderr).toBe(0);
        const { vertices } = JSON.parse(built.stdout) as { vertices: { ran: number } };
        return { ran: vertices.ran > 0, text: fs.readFileSync(one.path("out/tmp/seen"), "utf8") };
      };
      declare(`uid: 7, gid: 8, mode: "1750"`, "a");
      expect(await seen()).toEqual({ ran: true, text: "1750 7:8\na" });
      expect(await seen()).toMatchObject({ ran: false });
      declare(`uid: 7, gid: 8, mode: "750"`, "a");
      expect(await seen()).toEqual({ ran: true, text: "750 7:8\na" });
      declare(`uid: 7, gid: 9, mode: "750"`, "a");
      expect(await seen()).toEqual({ ran: true, text: "750 7:9\na" });
      declare(`uid: 7, gid: 9, mode: "750"`, "b");
      expect(await seen()).toEqual({ ran: true, text: "750 7:9\nb" });
      expect(await lingeringWith(one.directory)).toEqual([]);
    },
  );

  it.skipIf(!requires(needs, "busybox-static", "crun", "overlayfs", "ssh-agent"))(
    "bring a real ssh agent, and say where none was given",
    async () => {
      using user = open();
      await using one = workspaceOf(user);
      addBusybox(one);
      addProgram(one, "ssh-add");
      one.write(
        "x.image.ts",
        `${imports}export const app = ${busyboxImage}.copy("programs", "/").directory("/tmp", { chmod: "1777" }).file("/etc/passwd", "root:x:0:0::/:/bin/sh\\nann:x:7:7::/:/bin/sh\\n")
  .run("/usr/bin/ssh-add -l > /keys; test ! -e /key", { mounts: [mount.ssh()] })
  .run("/usr/bin/ssh-add -l && stat -c '%a %u %g' $SSH_AUTH_SOCK > /tmp/owned", { user: "7", mounts: [mount.ssh({ uid: 7, gid: 8, mode: "620" }), mount.tmpfs("/none")] });`,
      );
      await using agent = await startAgent(one.directory, user);
      const missing = await one.run(["build"]);
      expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining("SSH_MISSING")]);
      const built = await one.run(["build", "--ssh", `default=${agent.socket}`, "-o", "type=local,dest=out"]);
      expect(built.exitCode, built.stderr).toBe(0);
      expect(fs.readFileSync(one.path("out/keys"), "utf8")).toBe(agent.list);
      expect(fs.readFileSync(one.path("out/tmp/owned"), "utf8")).toBe("620 7 8\n");
      expect(agent.list).toContain("a key for tests");
      expect(fs.existsSync(one.path("out/run"))).toBe(false);
    },
  );
});
