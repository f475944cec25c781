import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { requires } from "../../support/requires.ts";
import { type OtherUser, otherUser } from "../../support/other-user.ts";
import { lingering } from "../../support/processes.ts";
import {
  ask,
  containerOptions,
  createTestHost,
  echo,
  type Reserved,
  startAgent,
  startStub,
  tcp,
  type TestHost,
  udp,
} from "./test-host.ts";

const outside = "198.51.100.2";
const inside = "198.51.100.1";

/** Processes of a user that have not ended, whether their parents know it or not. */
const processesOf = ({ uid }: OtherUser): readonly string[] =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stats = fs.statSync(`/proc/${pid}`, { throwIfNoEntry: false });
      const command = stats?.uid === uid ? commandOf(pid) : "";
      return command === "" ? [] : [`${pid} ${command}`];
    });

function commandOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
  } catch {
    // Ended meanwhile.
    return "";
  }
}

function directoryOf({ uid, gid }: OtherUser): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-rootless-"));
  fs.chmodSync(directory, 0o755);
  fs.chownSync(directory, uid, gid);
  return directory;
}

/** Ends what a test that failed would leave: the user could not be removed. */
const ending = (user: OtherUser, directory: string): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => {
    for (const line of processesOf(user)) process.kill(Number(line.split(" ")[0]), "SIGKILL");
    while (processesOf(user).length > 0) await sleep(20);
    fs.rmSync(directory, { recursive: true, force: true });
  },
});

/** A command of an ordinary user, a supervisor of its containers, and containers, as they follow one another in `run`. */
async function begin(host: TestHost, user: OtherUser, directory: string) {
  const home = `${directory}/home`;
  fs.mkdirSync(home, { recursive: true });
  fs.chownSync(home, user.uid, user.gid);
  const command = await startAgent(host.asUser(user), home);
  const entrance = await command.call<readonly string[]>({ type: "entrance" });
  const enter = [...host.asUser(user), ...entrance];
  const supervisor = await startAgent(enter, home);
  const options = (pid: number, more: Parameters<typeof containerOptions>[2] = {}) => {
    const made = containerOptions({ directory }, pid, more);
    fs.chownSync(made.directory, user.uid, user.gid);
    return made;
  };
  return { command, supervisor, options, stub: () => startStub(enter) };
}

describe.skipIf(!requires("root", "nft", "slirp4netns", "unprivileged-users"))(
  "an ordinary user's network",
  () => {
    it("connects containers to one another and to the outside, and leaves no process", async () => {
      await using host = await createTestHost();
      using user = otherUser();
      const directory = directoryOf(user);
      await using _ending = ending(user, directory);
      const { command, supervisor, options, stub } = await begin(host, user, directory);
      await using _command = command;
      await using _supervisor = supervisor;
      const [one, two] = [await stub(), await stub()];
      const first = options(one.pid, { ports: [tcp(80, 8080), tcp(80, 8081, "127.0.0.1"), udp(80, 5353)] });
      const a = await supervisor.call<Reserved>({ type: "attach", options: first });
      const second = options(two.pid);
      const b = await supervisor.call<Reserved>({ type: "attach", options: second });
      await echo(one, 80);
      await echo({ start: host.startOutside }, 80);
      expect(fs.readFileSync(b.hosts, "utf8")).toContain(a.address);
      expect(ask(two.run, `${a.address}/80`, `${outside}/80`)).toEqual([b.address, inside]);
      // slirp4netns hides only who calls from this machine's own loopback.
      const targets = ["127.0.0.1/8080", "127.0.0.1/8081"];
      expect(ask(host.run, ...targets)).toEqual(targets.map(() => "10.0.2.2"));
      expect(ask(host.runOutside, `${inside}/8080`, `${inside}/5353/udp`, `${inside}/8081`)).toEqual([
        outside,
        outside,
        "ECONNREFUSED",
      ]);

      const more = (ports: ReturnType<typeof tcp>[]) =>
        expect(supervisor.call({ type: "attach", options: options(two.pid, { ports }) })).rejects;
      await more([tcp(80, 80)]).toMatchObject({
        code: "PORT_UNAVAILABLE",
        message: expect.stringContaining("below 1024"),
      });
      await more([tcp(80, 8080)]).toMatchObject({ code: "PORT_IN_USE" });
      await supervisor.call({ type: "release", container: first.id });
      expect(ask(host.run, ...targets)).toEqual(["ECONNREFUSED", "ECONNREFUSED"]);
      // As for `run -d`: the command has ended long before the container.
      await command.kill();
      await supervisor.call({ type: "release", container: second.id });
      await one.end();
      await two.end();
      await supervisor.kill();
      expect(await lingering(() => processesOf(user))).toEqual([]);
    });

    it("is taken down by the next command when everything was killed", async () => {
      await using host = await createTestHost();
      using user = otherUser();
      const directory = directoryOf(user);
      await using _ending = ending(user, directory);
      const { command, supervisor, options, stub } = await begin(host, user, directory);
      const one = await stub();
      await supervisor.call({ type: "attach", options: options(one.pid, { ports: [tcp(80, 8080)] }) });
      await Promise.all([supervisor.kill(), command.kill(), one.end()]);
      expect(processesOf(user).length).toBeGreaterThan(0);
      await using next = await startAgent(host.asUser(user), `${directory}/home`);
      await next.call({ type: "reclaim", live: [] });
      await next.kill();
      expect(await lingering(() => processesOf(user))).toEqual([]);
    });
  },
);
