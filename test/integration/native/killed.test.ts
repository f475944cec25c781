import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { requires } from "../../support/requires.ts";
import { type OtherUser, otherUser } from "../../support/other-user.ts";
import { lingeringWith } from "../../support/processes.ts";
import { directoryOf, runAgent, startAgent } from "./agent.ts";
import { busyboxTree, execute, isThere, openNative, runtimes, shell, temporaryDirectory } from "./support.ts";
import type { AgentTask } from "./user-agent.ts";

/** The rest of this machine may mount what it likes. */
const mountsBelow = (directory: string): string[] =>
  fs
    .readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(directory));

/** Starts, kills at a random moment, and says what is left running. */
async function killOnce(
  user: OtherUser | undefined,
  task: AgentTask,
  mark: string,
): Promise<readonly string[]> {
  const agent = startAgent(user, task);
  await once(agent, "message");
  const exit = once(agent, "exit");
  await sleep(Math.random() * 80);
  agent.kill("SIGKILL");
  await exit;
  return lingeringWith(mark);
}

function taskIn(directory: string, base: string, runtime: AgentTask["runtime"], mark: string): AgentTask {
  const script = "sleep 1000 & (setsid sleep 1000 &) echo x >/made; sleep 0.03";
  const env = [`MARK=${mark}`, "PATH=/bin"];
  return {
    directory,
    runtime,
    requests: [{ id: `step-${mark}`, lower: [base], argv: shell(script), env }],
    forever: true,
  };
}

describe("kill -9", () => {
  it.skipIf(!isThere("crun") || !isThere("runc"))(
    "at thirty random moments leaves no process, no mount, and files that the next start removes",
    { timeout: 120_000 },
    async () => {
      const directory = temporaryDirectory();
      const base = busyboxTree(directory);
      fs.symlinkSync("busybox", path.join(base, "bin/setsid"));
      for (let round = 0; round < 30; round++) {
        const runtime = runtimes[round % runtimes.length];
        const mark = `mark${process.pid}x${round}y`;
        expect(await killOnce(undefined, taskIn(directory, base, runtime, mark), mark)).toEqual([]);
      }
      expect(mountsBelow(directory)).toEqual([]);
      await using executor = await openNative(directory, "crun");
      const ran = await execute(executor, directory, { lower: [base], argv: ["true"] });
      expect(ran.exitCode).toBe(0);
      expect(fs.readdirSync(path.join(directory, "state"))).toHaveLength(1);
      fs.rmSync(directory, { recursive: true, force: true });
    },
  );

  it.skipIf(!requires("crun", "unprivileged-users"))(
    "of the process that runs an ordinary user's commands is told to all who ask it for one",
    async () => {
      using user = otherUser();
      const directory = directoryOf(user);
      const base = busyboxTree(directory);
      const requests = Array.from({ length: 3 }, () => ({ lower: [base], argv: ["true"] }));
      const asked = runAgent(user, { directory, runtime: "crun", requests, losesChild: true });
      await expect(asked).rejects.toThrow(
        "EXECUTOR_FAILED: the process that runs commands for this user ended",
      );
      fs.rmSync(directory, { recursive: true, force: true });
    },
  );

  it.skipIf(!requires("crun", "unprivileged-users"))(
    "of an ordinary user's process takes the user namespace with it",
    { timeout: 120_000 },
    async () => {
      using user = otherUser();
      const directory = directoryOf(user);
      const base = busyboxTree(directory);
      fs.symlinkSync("busybox", path.join(base, "bin/setsid"));
      for (let round = 0; round < 8; round++) {
        const mark = `user${process.pid}x${round}y`;
        expect(await killOnce(user, taskIn(directory, base, "crun", mark), mark)).toEqual([]);
      }
      expect(mountsBelow(directory)).toEqual([]);
      expect(await lingeringWith(`"${directory}`)).toEqual([]);
      fs.rmSync(directory, { recursive: true, force: true });
    },
  );
});
