import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, finished } from "../support/cli.ts";
import { leftBehind, mustRun, removeAll } from "../support/container-home.ts";
import { findProgram, requires } from "../support/requires.ts";

const program = path.resolve(import.meta.dirname, "../../dist/cli.cjs");

const bodyOf = (port: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, path: "/passwd", agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString())).once("end", () => resolve(text));
    });
    request.once("error", reject);
  });

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "nft", "ip"))(
  "ports and networks of containers",
  () => {
    let workspace: CliWorkspace;
    const ok = (...args: readonly string[]): Promise<string> => mustRun(workspace, ...args);
    const fails = async (...args: readonly string[]): Promise<string> => {
      const { exitCode, stderr } = await workspace.run(args);
      expect(exitCode).toBe(125);
      return stderr;
    };
    const server = ["box", "httpd", "-f", "-p", "80", "-h", "/etc"];

    beforeAll(async () => {
      workspace = new CliWorkspace();
      await buildBox(workspace);
    });
    afterEach(() => removeAll(workspace));
    afterAll(() => workspace[Symbol.asyncDispose]());

    it("are free ones where nobody says which, and told as docker tells them", async () => {
      await ok("run", "-d", "--name", "web", "-p", "127.0.0.1:0:80", "-p", "0:81/udp", ...server);
      const port = '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}';
      const chosen = (await ok("inspect", "--format", port, "web")).trim();
      expect(Number(chosen)).toBeGreaterThan(1023);
      expect(await ok("port", "web", "80")).toBe(`127.0.0.1:${chosen}\n`);
      const [first, ...rest] = (await ok("port", "web")).trim().split("\n");
      expect(first).toBe(`80/tcp -> 127.0.0.1:${chosen}`);
      expect(rest).toEqual([
        expect.stringMatching(/^81\/udp -> 0\.0\.0\.0:\d+$/),
        expect.stringMatching(/^81\/udp -> \[::\]:\d+$/),
      ]);
      expect(await ok("ps", "--format", "{{.Ports}}")).toContain(`127.0.0.1:${chosen}->80/tcp`);
      expect(
        await ok("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", "web"),
      ).toMatch(/^10\.\d+\.\d+\.\d+\n$/);
      expect(await bodyOf(chosen)).toContain("ann:x:1234");
      expect((await workspace.run(["port", "web", "9"])).stderr).toContain(
        "no public port 9/tcp published for web",
      );
    });

    it("that cannot be opened end the container, which may run already", async () => {
      await ok("run", "--rm", "box", "true");
      const broken = workspace.path("broken-nft");
      workspace.write("broken-nft", "#!/bin/sh\necho no rules today >&2; exit 1\n");
      fs.chmodSync(broken, 0o755);
      // Programs are looked for in the directories of the system: only this namespace sees another there.
      const script = `mount --bind ${broken} ${findProgram("nft")} && exec ${program} run "$@"`;
      for (const words of [["-d", "--restart", "always"], ["-d", "--name", "kept"], ["--rm"]]) {
        const args = ["-m", "sh", "-c", script, "sh", ...words, "-p", "80", "box", "sleep", "300"];
        const { exitCode, stdout, stderr } = await finished(
          spawn("unshare", args, { env: workspace.environment({}), cwd: workspace.directory }),
        );
        expect([exitCode, stdout]).toEqual([125, ""]);
        expect(stderr).toContain("error NETWORK_FAILED nft could not set up the network: no rules today");
        // What takes rules away is as broken: the next command sees to it.
        expect(await ok("ps", "-aq")).toBe("");
        expect(await leftBehind(workspace)).toEqual([]);
      }
    });

    it("are shared with a container that joins, and refused where that cannot be", async () => {
      await ok("run", "-d", "--name", "web", "--hostname", "front", ...server);
      const beside = (...args: readonly string[]) => ["run", "--rm", "--network", "container:web", ...args];
      expect(await ok(...beside("box", "wget", "-qO-", "http://127.0.0.1/group"))).toContain("staff");
      expect(await ok(...beside("box", "hostname"))).toBe("front\n");
      const id = (await ok("inspect", "--format", "{{.Id}}", "web")).trim();
      await ok("run", "-d", "--name", "side", "--network", "container:web", "box", "sleep", "300");
      const joined = "{{.HostConfig.NetworkMode}} {{len .NetworkSettings.Networks}}";
      expect(await ok("inspect", "--format", joined, "side")).toBe(`container:${id} 0\n`);
      expect(await fails(...beside("-p", "1:1", "box", "true"))).toContain("exclude one another");
      expect(await fails(...beside("--hostname", "x", "box", "true"))).toContain("exclude one another");
      expect(await fails("run", "--rm", "--network", "container:none-such", "box", "true")).toContain(
        "there is no container none-such",
      );
      await ok("stop", "-t", "0", "web");
      expect(await fails(...beside("box", "true"))).toContain("does not run cannot be joined");
      expect(await ok("exec", "side", "echo", "still here")).toBe("still here\n");
    });

    it("are not published without a network of one's own, and that is said", async () => {
      const { exitCode, stderr } = await workspace.run([
        "run",
        "--rm",
        "--network",
        "none",
        "-p",
        "80:80",
        "box",
        "true",
      ]);
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining("warning PORTS_DISCARDED")]);
    });

    it("end with an exit code that whoever waits is told, though nothing is left of them", async () => {
      await ok(
        "run",
        "-d",
        "--rm",
        "--name",
        "brief",
        "--network",
        "none",
        "box",
        "sh",
        "-c",
        "sleep 2; exit 9",
      );
      const waiting = await Promise.all([ok("wait", "brief"), ok("wait", "brief")]);
      expect(waiting).toEqual(["9\n", "9\n"]);
      expect((await workspace.run(["wait", "brief"])).stderr).toContain("there is no container brief");
    });
  },
);
