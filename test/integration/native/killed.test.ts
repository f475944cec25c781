import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { requires } from "../../support/requires.ts";
import { directoryOf, type OtherUser, otherUser, startAgent } from "./other-user.ts";
import { busyboxTree, execute, isThere, openNative, runtimes, shell, temporaryDirectory } from "./support.ts";
import type { AgentTask } from "./user-agent.ts";

/** Processes of this machine whose environment or command line has a text. */
function processesWith(text: string): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) => pid !== process.pid && ["environ", "cmdline"].some((file) => readOf(pid, file).includes(text)),
    );
}

function readOf(pid: number, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch (error) {
    // Ended meanwhile, or a process of somebody else.
    if (!["ENOENT", "ESRCH", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return "";
  }
}

const mountsOf = (): string => fs.readFileSync("/proc/self/mountinfo", "utf8");

async function untilGone(mark: string): Promise<number[]> {
  for (let attempt = 0; attempt < 60; attempt++) {
    if (processesWith(mark).length === 0) return [];
    await sleep(50);
  }
  return processesWith(mark);
}

/** Starts, kills at a random moment, and says what is left running. */
async function killOnce(user: OtherUser | undefined, task: AgentTask, mark: string): Promise<number[]> {
  const agent = startAgent(user, task);
  await once(agent, "message");
  const exit = once(agent, "exit");
  await sleep(Math.random() * 80);
  agent.kill("SIGKILL");
  await exit;
  return untilGone(mark);
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
      const before = mountsOf();
      for (let round = 0; round < 30; round++) {
        const runtime = runtimes[round % runtimes.length];
        const mark = `mark${process.pid}x${round}y`;
        expect(await killOnce(undefined, taskIn(directory, base, runtime, mark), mark)).toEqual([]);
      }
      expect(mountsOf()).toBe(before);
      await using executor = await openNative(directory, "crun");
      const ran = await execute(executor, directory, { lower: [base], argv: ["true"] });
      expect(ran.exitCode).toBe(0);
      expect(fs.readdirSync(path.join(directory, "state"))).toHaveLength(1);
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
      const before = mountsOf();
      for (let round = 0; round < 8; round++) {
        const mark = `user${process.pid}x${round}y`;
        expect(await killOnce(user, taskIn(directory, base, "crun", mark), mark)).toEqual([]);
      }
      expect(mountsOf()).toBe(before);
      expect(await untilGone(`"${directory}`)).toEqual([]);
      fs.rmSync(directory, { recursive: true, force: true });
    },
  );
});
