import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace } from "../support/cli.ts";
import { mustRun, removeAll } from "../support/container-home.ts";
import { requires } from "../support/requires.ts";

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))(
  "containers that are looked after",
  () => {
    let workspace: CliWorkspace;
    const ok = (...args: readonly string[]): Promise<string> => mustRun(workspace, ...args);
    const tell = async (name: string, format: string): Promise<string> =>
      (await ok("inspect", "--format", format, name)).trim();

    beforeAll(async () => {
      workspace = new CliWorkspace();
      await buildBox(workspace);
    });
    afterEach(() => removeAll(workspace));
    afterAll(() => workspace[Symbol.asyncDispose]());

    async function until(name: string, format: string, wanted: string): Promise<void> {
      const limit = Date.now() + 30_000;
      for (;;) {
        const told = await tell(name, format);
        if (told === wanted) return;
        if (Date.now() > limit) throw new Error(`${format} of ${name} stayed ${told}`);
        await sleep(50);
      }
    }

    const state = "{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}";

    it("are started again as often as they may be, and no more", async () => {
      await ok(
        "run",
        "-d",
        "--name",
        "fails",
        "--network",
        "none",
        "--restart",
        "on-failure:2",
        "box",
        "sh",
        "-c",
        "echo x; exit 3",
      );
      await until("fails", state, "exited 3 2");
      expect(await ok("logs", "fails")).toBe("x\nx\nx\n");
    });

    it("are not started again when they end well, or were stopped", async () => {
      const loop = ["sh", "-c", "sleep 0.2; exit 4"];
      await ok("run", "-d", "--name", "well", "--network", "none", "--restart", "on-failure", "box", "true");
      await ok("run", "-d", "--name", "loop", "--network", "none", "--restart", "always", "box", ...loop);
      await until("well", state, "exited 0 0");
      await until("loop", "{{gt .RestartCount 1}}", "true");
      await ok("stop", "-t", "0", "loop");
      const stopped = await tell("loop", state);
      expect(stopped).toMatch(/^exited /);
      await sleep(1_000);
      expect(await tell("loop", state)).toBe(stopped);
    });

    it("are starting, healthy and unhealthy as their check says", async () => {
      const health = [
        "--health-cmd",
        "test -e /etc/ok && echo fine >/dev/stdout",
        "--health-interval",
        "1s",
        "--health-retries",
        "1",
      ];
      await ok(
        "run",
        "-d",
        "--name",
        "checked",
        "--network",
        "none",
        ...health,
        "--health-start-period",
        "60s",
        "box",
        "sleep",
        "300",
      );
      await until("checked", "{{.State.Health.Status}}", "starting");
      await ok("exec", "checked", "touch", "/etc/ok");
      await until("checked", "{{.State.Health.Status}}", "healthy");
      expect(await ok("ps", "--format", "{{.Status}}")).toMatch(/^Up .* \(healthy\)\n$/);
      await ok("exec", "checked", "busybox", "rm", "/etc/ok");
      await until(
        "checked",
        "{{.State.Health.Status}} {{gt .State.Health.FailingStreak 0}}",
        "unhealthy true",
      );
    });
  },
);
