import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { requires } from "../../support/requires.ts";
import {
  type Agent,
  containerOptions,
  createTestHost,
  type Reserved,
  tcp,
  type TestHost,
} from "./test-host.ts";

/** A network that is up, so that what follows can be compared with it. */
async function warm(host: TestHost): Promise<void> {
  await using agent = await host.agent();
  const options = containerOptions(host, (await host.stub()).pid, { ports: [tcp(80, 7999)] });
  await agent.call({ type: "attach", options });
  await agent.call({ type: "release", container: options.id });
}

describe.skipIf(!requires("root", "nft", "ip"))("many containers at once", () => {
  it("have addresses and ports of their own, from several processes, and leave nothing", {
    timeout: 240_000,
  }, async () => {
    await using host = await createTestHost();
    await warm(host);
    const before = host.fingerprint();
    const agents = await Promise.all(Array.from({ length: 5 }, () => host.agent()));
    const stubs = await Promise.all(Array.from({ length: 50 }, () => host.stub()));
    const calls = stubs.map(({ pid }, index) => ({
      agent: agents[index % agents.length] as Agent,
      options: containerOptions(host, pid, { ports: [tcp(80, 0)] }),
    }));
    const attached = await Promise.all(
      calls.map(({ agent, options }) => agent.call<Reserved>({ type: "attach", options })),
    );
    expect(new Set(attached.map((one) => one.address)).size).toBe(50);
    expect(new Set(attached.map((one) => one.ports[0]?.hostPort)).size).toBe(50);
    await Promise.all(
      calls.map(({ agent, options }) => agent.call({ type: "release", container: options.id })),
    );
    expect(host.fingerprint()).toBe(before);
    for (const agent of agents) await agent.kill();
  });
});

describe.skipIf(!requires("root", "nft", "ip"))("kill -9 of whoever connects containers", () => {
  it("at fifty random moments leaves nothing that the next command does not remove", {
    timeout: 300_000,
  }, async () => {
    await using host = await createTestHost();
    await warm(host);
    const before = host.fingerprint();
    await using keeper = await host.agent();
    const kept = containerOptions(host, (await host.stub()).pid, { ports: [tcp(80, 7000)] });
    await keeper.call({ type: "attach", options: kept });
    const withKept = host.fingerprint();
    let moments = 0;
    for (let round = 0; round < 10; round++) {
      const victims = await Promise.all(Array.from({ length: 5 }, () => host.agent()));
      const boxes = await Promise.all(victims.map(() => host.stub()));
      await Promise.all(
        victims.map(async (victim, index) => {
          const pid = boxes[index]?.pid ?? 0;
          const options = containerOptions(host, pid, { ports: [tcp(80, 7100 + index)] });
          const life = victim
            .call({ type: "attach", options })
            .then(() => victim.call({ type: "release", container: options.id }));
          // What was killed fails; that is the point.
          life.catch(() => undefined);
          await sleep(randomInt(120));
          await victim.kill();
          moments++;
        }),
      );
      // A child that outlived its parent by a moment has ended.
      for (const victim of victims) expect(await victim.orphans()).toEqual([]);
      await keeper.call({ type: "reclaim", live: [] });
      expect(host.fingerprint()).toBe(withKept);
      for (const box of boxes) await box.end();
    }
    expect(moments).toBe(50);
    await keeper.call({ type: "release", container: kept.id });
    expect(host.fingerprint()).toBe(before);
  });
});
