import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { requires } from "../../support/requires.ts";
import { ask, containerOptions, createTestHost, echo, type Reserved, tcp, udp } from "./test-host.ts";

const [outside, inside] = ["198.51.100.2", "198.51.100.1"];

describe.skipIf(!requires("root", "nft", "ip"))("a private network", () => {
  it("gives containers addresses, ways to one another and out, and takes all of it back", async () => {
    await using host = await createTestHost();
    await using agent = await host.agent();
    const options = containerOptions(host, (await host.stub()).pid);
    const first = await agent.call<Reserved>({ type: "attach", options });
    await agent.call({ type: "release", container: options.id });
    const before = host.fingerprint();

    const [one, two] = [await host.stub(), await host.stub()];
    const three = containerOptions(host, one.pid, { name: "first", aliases: ["db"] });
    const four = containerOptions(host, two.pid, { name: "second" });
    const a = await agent.call<Reserved>({ type: "attach", options: three });
    const b = await agent.call<Reserved>({ type: "attach", options: four });
    expect(new Set([a.address, b.address, a.gateway, first.address]).size).toBe(4);
    await echo(two, 80);
    await echo({ start: host.startOutside }, 80);
    expect(ask(one.run, `${b.address}/80`)).toEqual([a.address]);
    expect(ask(two.run, `${outside}/80`, `${outside}/80/udp`)).toEqual([inside, inside]);
    expect(fs.readFileSync(b.hosts, "utf8")).toContain(`${a.address}\tfirst ${three.id.slice(0, 12)} db\n`);
    expect(fs.readFileSync(a.hosts, "utf8")).toContain(`${b.address}\tsecond`);
    await agent.call({ type: "release", container: three.id });
    expect(fs.readFileSync(b.hosts, "utf8")).not.toContain("first");
    await agent.call({ type: "release", container: four.id });
    expect(host.fingerprint()).toBe(before);
    await agent.call({ type: "prune" });
    expect(host.fingerprint()).not.toMatch(/tsd/);
  });

  it("publishes ports with the callers' addresses, on loopback, to neighbours and to itself", async () => {
    await using host = await createTestHost();
    await using agent = await host.agent();
    const [server, client] = [await host.stub(), await host.stub()];
    const ports = [tcp(80, 8080), udp(53, 5353), tcp(80, 8081, "127.0.0.1")];
    const options = containerOptions(host, server.pid, { ports });
    const a = await agent.call<Reserved>({ type: "attach", options });
    const b = await agent.call<Reserved>({ type: "attach", options: containerOptions(host, client.pid) });
    await echo(server, 80);
    await echo(server, 53);
    host.runOutside("ip", "route", "add", "10.210.0.0/24", "via", inside);
    // What is published on loopback, or not at all, cannot be reached from outside.
    const fromOutside = [`${inside}/8080`, `${inside}/5353/udp`, `${inside}/8081`];
    expect(ask(host.runOutside, ...fromOutside, `${a.address}/80`, `${b.address}/80`)).toEqual([
      outside,
      outside,
      "ECONNREFUSED",
      "timeout",
      "timeout",
    ]);
    // From loopback, and over IPv6, which a process carries, it comes from the gateway.
    const local = ["127.0.0.1/8080", "127.0.0.1/8081", "127.0.0.1/5353/udp", "::1/8080"];
    expect(ask(host.run, `${inside}/8080`, ...local)).toEqual([inside, ...local.map(() => a.gateway)]);
    expect(ask(client.run, `${inside}/8080`, `${a.gateway}/8080`)).toEqual([a.gateway, a.gateway]);
    expect(ask(server.run, `${inside}/8080`)).toEqual([a.gateway]);
    await agent.call({ type: "release", container: options.id });
    expect(ask(host.run, "127.0.0.1/8080", "::1/8080")).toEqual(["ECONNREFUSED", "ECONNREFUSED"]);
  });

  it("does not let containers reach what is bound to this machine's loopback", async () => {
    await using host = await createTestHost();
    await using agent = await host.agent();
    const box = await host.stub();
    const a = await agent.call<Reserved>({ type: "attach", options: containerOptions(host, box.pid) });
    await echo(host, 9000, "127.0.0.1");
    await echo(host, 9001, a.gateway);
    for (const route of ["127.0.0.0/8", "127.0.0.1"])
      box.run("ip", "route", "del", "local", route, "table", "local");
    box.run("ip", "route", "add", "127.0.0.1/32", "via", a.gateway, "src", a.address);
    expect(ask(box.run, "127.0.0.1/9000", `${a.gateway}/9001`)).toEqual(["timeout", a.address]);
    expect(ask(host.run, "127.0.0.1/9000")).toEqual(["127.0.0.1"]);
  });

  it("keeps networks apart, and internal ones within", async () => {
    await using host = await createTestHost();
    await using agent = await host.agent();
    await agent.call({ type: "create", options: { name: "front" } });
    await agent.call({ type: "create", options: { name: "back", internal: true } });
    const [one, two, three] = [await host.stub(), await host.stub(), await host.stub()];
    const at = (pid: number, network: string) =>
      agent.call<Reserved>({ type: "attach", options: containerOptions(host, pid, { network }) });
    const [a, b, c] = [await at(one.pid, "front"), await at(two.pid, "back"), await at(three.pid, "back")];
    await echo(two, 80);
    await echo(one, 80);
    await echo({ start: host.startOutside }, 80);
    const targets = [`${a.address}/80`, `${outside}/80`];
    expect(ask(three.run, `${b.address}/80`, ...targets)).toEqual([c.address, "ENETUNREACH", "ENETUNREACH"]);
    three.run("ip", "route", "add", "default", "via", c.gateway);
    expect(ask(three.run, ...targets)).toEqual(["timeout", "timeout"]);
    expect(ask(one.run, `${b.address}/80`, `${outside}/80`)).toEqual(["timeout", inside]);
  });

  it("chooses a subnet that no route and no other home has", async () => {
    await using host = await createTestHost();
    host.run("ip", "route", "add", "10.210.0.0/23", "via", outside, "table", "77");
    await using agent = await host.agent();
    await using other = await host.agent(`${host.directory}/other`);
    const [one, two] = [await host.stub(), await host.stub()];
    const [a, b] = await Promise.all([
      agent.call<Reserved>({ type: "attach", options: containerOptions(host, one.pid) }),
      other.call<Reserved>({ type: "attach", options: containerOptions(host, two.pid) }),
    ]);
    expect([a.gateway, b.gateway].sort()).toEqual(["10.210.2.1", "10.210.3.1"]);
    await expect(
      agent.call({ type: "create", options: { name: "mine", subnet: "10.210.1.0/24" } }),
    ).rejects.toMatchObject({ code: "NETWORK_INVALID", message: expect.stringContaining("10.210.0.0/23") });
  });

  it("says who has a port, and leaves nothing behind where it fails", async () => {
    await using host = await createTestHost();
    await using agent = await host.agent();
    const [box, other] = [await host.stub(), await host.stub()];
    const web = containerOptions(host, box.pid, { name: "web", ports: [tcp(80, 8080)] });
    await agent.call({ type: "attach", options: web });
    const before = host.fingerprint();
    await echo(host, 9090);
    const refused = (ports: readonly ReturnType<typeof tcp>[]) =>
      expect(agent.call({ type: "attach", options: containerOptions(host, other.pid, { ports }) })).rejects;
    await refused([tcp(1, 7000), tcp(80, 8080)]).toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringContaining("the container web ("),
    });
    await refused([tcp(1, 7000), tcp(80, 9090)]).toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringMatching(/by node \(process \d+\)/),
    });
    await refused([tcp(80, 80, "192.0.2.99")]).toMatchObject({ code: "PORT_UNAVAILABLE" });
    expect(host.fingerprint()).toBe(before);
    const ports = [tcp(1, 7000), tcp(80, 0), udp(80, 0)];
    const options = containerOptions(host, other.pid, { ports });
    const random = await agent.call<Reserved>({ type: "attach", options });
    expect(random.ports[1]?.hostPort).toBeGreaterThan(1024);
    expect(random.ports[2]?.hostPort).toBeGreaterThan(1024);
  });

  it("brings its rules back when somebody flushed all rules of the machine", async () => {
    await using host = await createTestHost();
    await using agent = await host.agent();
    const [one, two] = [await host.stub(), await host.stub()];
    const at = (pid: number, port: number) =>
      agent.call({ type: "attach", options: containerOptions(host, pid, { ports: [tcp(80, port)] }) });
    await at(one.pid, 8080);
    await echo(one, 80);
    host.run("nft", "flush", "ruleset");
    // The process that keeps the port still carries connections.
    expect(ask(host.runOutside, `${inside}/8080`)[0]).toMatch(/^10\.210\./);
    await at(two.pid, 8081);
    expect(ask(host.runOutside, `${inside}/8080`)).toEqual([outside]);
  });
});
