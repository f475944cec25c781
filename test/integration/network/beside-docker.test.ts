import { describe, expect, it } from "vitest";
import { startDockerd } from "../../support/dockerd.ts";
import { requires } from "../../support/requires.ts";
import { ask, containerOptions, createTestHost, echo, type Reserved, tcp } from "./test-host.ts";

describe.skipIf(!requires("root", "nft", "ip", "dockerd"))(
  "beside a docker with its own bridge and rules",
  () => {
    it("containers get through its firewall, and nothing of docker's is changed", {
      timeout: 180_000,
    }, async () => {
      await using host = await createTestHost();
      // docker sets FORWARD to DROP where it is the one that turns forwarding on.
      host.run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward");
      await using _dockerd = await startDockerd({ namespace: host.name });
      await using agent = await host.agent();
      const rules = (): string => host.run("iptables", "-S");
      const before = { rules: rules(), all: host.fingerprint() };
      expect(before.rules).toContain("-P FORWARD DROP");
      const [one, two] = [await host.stub(), await host.stub()];
      const first = containerOptions(host, one.pid, { ports: [tcp(80, 8080)] });
      const second = containerOptions(host, two.pid);
      const a = await agent.call<Reserved>({ type: "attach", options: first });
      const b = await agent.call<Reserved>({ type: "attach", options: second });
      expect(a.gateway).not.toMatch(/^172\.17\./);
      await echo(one, 80);
      await echo({ start: host.startOutside }, 80);
      expect(ask(two.run, `${a.address}/80`, "198.51.100.2/80")).toEqual([b.address, "198.51.100.1"]);
      expect(ask(host.runOutside, "198.51.100.1/8080")).toEqual(["198.51.100.2"]);
      expect(rules()).toMatch(/-A DOCKER-USER -i tsd-/);
      for (const { id } of [first, second]) await agent.call({ type: "release", container: id });
      await agent.call({ type: "prune" });
      expect(rules()).toBe(before.rules);
      expect(host.fingerprint()).toBe(before.all);
    });
  },
);
