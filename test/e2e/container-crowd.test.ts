import { randomInt } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace, finished } from "../support/cli.ts";
import { containerIds, leftBehind, mustRun, removeAll } from "../support/container-home.ts";
import { processesWith } from "../support/processes.ts";
import { requires } from "../support/requires.ts";

/** The whole takes minutes: `TSDOCK_CONTAINERS=50 TSDOCK_KILLS=50`. */
const containers = Number(process.env["TSDOCK_CONTAINERS"] ?? "12");
const kills = Number(process.env["TSDOCK_KILLS"] ?? "8");

interface Inspected {
  readonly Id: string;
  readonly NetworkSettings: {
    readonly IPAddress: string;
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[]>>;
  };
}

const supervisorName = "tsdock: container";

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "nft", "ip"))(
  "crowds of containers",
  () => {
    let workspace: CliWorkspace;
    const ok = (...args: readonly string[]): Promise<string> => mustRun(workspace, ...args);
    const inspect = async (...ids: readonly string[]): Promise<readonly Inspected[]> =>
      JSON.parse(await ok("inspect", ...ids)) as readonly Inspected[];

    beforeAll(async () => {
      workspace = new CliWorkspace();
      await buildBox(workspace);
      await ok("run", "--rm", "box", "true");
    });
    afterEach(() => removeAll(workspace));
    afterAll(() => workspace[Symbol.asyncDispose]());

    it(`${containers} at once have addresses and ports of their own, and leave nothing`, {
      timeout: 600_000,
    }, async () => {
      const serve = ["box", "httpd", "-f", "-p", "80", "-h", "/etc"];
      const all = Array.from({ length: containers }, () => 0);
      const started = await Promise.all(all.map(() => ok("run", "-d", "-p", "80", ...serve)));
      const ids = started.map((line) => line.trim());
      const inspected = await inspect(...ids);
      const addresses = inspected.map(({ NetworkSettings }) => NetworkSettings.IPAddress);
      const ports = inspected.map(({ NetworkSettings }) => NetworkSettings.Ports["80/tcp"]?.[0]?.HostPort);
      expect([new Set(addresses).size, new Set(ports).size]).toEqual([containers, containers]);
      for (const [index, port] of ports.entries())
        expect(await answer(port)).toBe(`${ids[index]?.slice(0, 12)}\n`);
      // httpd as the first process of a pid namespace ignores what it does not handle.
      await Promise.all(ids.map((id) => ok("stop", "-t", "1", id)));
      expect(await ok("ps", "-q")).toBe("");
      await Promise.all(ids.map((id) => ok("rm", id)));
      expect(await leftBehind(workspace, ids)).toEqual([]);
    });

    it(`lose any process of ours ${kills} times at random moments, and the next command puts it right`, {
      timeout: 600_000,
    }, async () => {
      const kept = (
        await ok("run", "-d", "--name", "kept", "-p", "80", "box", "httpd", "-f", "-h", "/etc")
      ).trim();
      const [before] = await inspect(kept);
      const began = Date.now();
      await ok("run", "--rm", "-p", "81", "box", "true");
      const lifeMs = Date.now() - began;
      const victims = [killForeground, killStarter, interruptStarter, killSupervisor];
      const seen: string[] = [];
      for (let round = 0; round < kills; round++) {
        const kill = victims[round % victims.length] ?? killForeground;
        await kill(workspace, randomInt(Math.ceil(lifeMs * 1.3)), kept);
        // This command finds whatever is left.
        const ids = (await containerIds(workspace)).filter((id) => id !== kept);
        seen.push(...ids);
        // Only who starts a container for good may leave one behind, whole: its supervisor lives.
        if (kill !== killStarter && kill !== interruptStarter) expect(ids).toEqual([]);
        if (ids.length > 0) await ok("rm", "-f", ...ids);
        expect((await inspect(kept))[0]).toEqual(before);
        expect(await answer(before?.NetworkSettings.Ports["80/tcp"]?.[0]?.HostPort)).toBe(
          `${kept.slice(0, 12)}\n`,
        );
      }
      await ok("rm", "-f", "kept");
      expect(await leftBehind(workspace, [kept, ...seen])).toEqual([]);
    });
  },
);

async function answer(port: string | undefined): Promise<string> {
  const limit = Date.now() + 10_000;
  for (;;) {
    try {
      return await (await fetch(`http://127.0.0.1:${port}/hostname`)).text();
    } catch (error) {
      // It runs before it listens.
      if (Date.now() > limit) throw error;
      await sleep(20);
    }
  }
}

const service = ["--rm", "-p", "81", "box", "sleep", "300"] as const;

async function killForeground(workspace: CliWorkspace, ms: number): Promise<void> {
  const child = workspace.start(["run", ...service]);
  const ended = finished(child);
  await sleep(ms);
  child.kill("SIGKILL");
  await ended;
}

async function killStarter(workspace: CliWorkspace, ms: number): Promise<void> {
  const child = workspace.start(["run", "-d", ...service]);
  const ended = finished(child);
  await sleep(ms);
  child.kill("SIGKILL");
  await ended;
  await supervisorsSettled(workspace);
}

/** It ends when nothing is left of what it began, or when the container runs. */
async function interruptStarter(workspace: CliWorkspace, ms: number): Promise<void> {
  const child = workspace.start(["run", "-d", ...service]);
  const ended = finished(child);
  await sleep(ms);
  child.kill("SIGINT");
  const { exitCode, stdout } = await ended;
  const running = (await containerIds(workspace)).filter((id) => stdout.includes(id));
  // A shell that gets it before its first line is ended by it.
  expect([exitCode, running.length]).toEqual(exitCode === 0 ? [0, 1] : [expect.toBeOneOf([130, 128]), 0]);
}

/** What was being started goes on for a moment: it begins or ends. */
async function supervisorsSettled(workspace: CliWorkspace): Promise<void> {
  const directory = path.join(workspace.home, "containers");
  const isSettled = (id: string): boolean => {
    const file = path.join(directory, id, "state.json");
    const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    return text.includes('"running"') || supervisorOf(workspace, id) === undefined;
  };
  const limit = Date.now() + 15_000;
  while (Date.now() < limit && !fs.readdirSync(directory).every(isSettled)) await sleep(20);
}

function supervisorOf(workspace: CliWorkspace, id: string): number | undefined {
  const found = processesWith(id.slice(0, 12)).find(
    (line) => line.includes(supervisorName) && line.includes(workspace.home),
  );
  return found === undefined ? undefined : Number(found.split(" ")[0]);
}

async function killSupervisor(workspace: CliWorkspace, ms: number, kept: string): Promise<void> {
  const child = workspace.start(["run", "-d", ...service]);
  const ended = finished(child);
  await sleep(ms);
  const limit = Date.now() + 15_000;
  for (;;) {
    const found = processesWith(workspace.home).find(
      (line) => line.includes(supervisorName) && !line.includes(kept.slice(0, 12)),
    );
    if (found !== undefined) {
      process.kill(Number(found.split(" ")[0]), "SIGKILL");
      break;
    }
    if (Date.now() > limit) throw new Error("no supervisor was started");
    await sleep(10);
  }
  await ended;
}
