import { spawn } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, type CliResult, finished } from "../support/cli.ts";
import { otherUser } from "../support/other-user.ts";
import { lingeringWith } from "../support/processes.ts";
import { requires } from "../support/requires.ts";

const cli = path.resolve(import.meta.dirname, "../../dist/cli.js");

interface Inspected {
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[]>>;
  };
}

describe.skipIf(
  !requires("root", "crun", "busybox-static", "slirp4netns", "unprivileged-users", "overlayfs"),
)("containers of an ordinary user", () => {
  it("are on one network, find one another by name, answer on published ports, and leave nothing", async () => {
    using user = otherUser();
    await using workspace = new CliWorkspace(undefined, user);
    /** With a /dev/net/tun that everybody may open, in a mount namespace of its own. */
    const tsdock = (...args: readonly string[]): Promise<CliResult> => {
      const script = [
        "mount -t tmpfs tmpfs /dev/net",
        "mknod /dev/net/tun c 10 200",
        "chmod 666 /dev/net/tun",
        `exec setpriv --reuid=${user.uid} --regid=${user.gid} --clear-groups "$@"`,
      ];
      const command = ["--mount", "sh", "-ec", script.join("; "), "sh", process.execPath, cli, ...args];
      return finished(
        spawn("unshare", command, {
          cwd: workspace.directory,
          env: { ...process.env, HOME: workspace.directory, TSDOCK_HOME: workspace.home, NO_COLOR: "1" },
          stdio: ["ignore", "pipe", "pipe"],
        }),
      );
    };
    const ok = async (...args: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await tsdock(...args);
      if (exitCode !== 0) throw new Error(`tsdock ${args.join(" ")}: ${exitCode} ${stderr}`);
      return stdout;
    };
    await buildBox(workspace);
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
});
