import { randomBytes } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { addBusybox, busyboxImage, imports } from "../support/busybox.ts";
import { CliWorkspace, finished } from "../support/cli.ts";
import { startDockerRegistry } from "../support/docker-registry.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { lingeringWith } from "../support/processes.ts";
import { seeded } from "../support/random.ts";
import { requires } from "../support/requires.ts";

/** Everything was given back. */
async function expectNothingLeft(one: CliWorkspace): Promise<void> {
  expect(await lingeringWith(one.home)).toEqual([]);
  for (const name of ["leases", "locks", "tmp", "sandbox"]) {
    const directory = `${one.home}/${name}`;
    if (fs.existsSync(directory)) expect(fs.readdirSync(directory), name).toEqual([]);
  }
}

/** Presses Ctrl-C as a terminal does it: to the whole group. Gives the exit code and how long it took to end. */
async function interrupt(
  one: CliWorkspace,
  args: readonly string[],
  moment: Promise<unknown>,
  signal: NodeJS.Signals = "SIGINT",
): Promise<{ readonly exitCode: number; readonly stderr: string; readonly ms: number }> {
  const child = one.start(args, {}, true);
  const result = finished(child);
  const exit = once(child, "exit");
  await Promise.race([moment, exit]);
  const start = performance.now();
  if (child.exitCode === null) process.kill(-(child.pid ?? 0), signal);
  const { exitCode, stderr } = await result;
  return { exitCode, stderr, ms: performance.now() - start };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "docker-registry"))("Ctrl-C", () => {
  it("in the middle of a pull, and of a step that ignores it, ends soon and leaves nothing", async () => {
    await using registry = await startDockerRegistry();
    await using proxy = await startFaultProxy(registry.host);
    await using base = new CliWorkspace();
    addBusybox(base);
    base.write("x.image.ts", `${imports}export const base = ${busyboxImage};`);
    await base.json(["publish", "--tag", "1", "--registry", `${registry.host}/acme`]);

    await using one = new CliWorkspace();
    addBusybox(one);
    one.write(
      "x.image.ts",
      `${imports}export const pulls = image().from("${proxy.host}/acme/base:1").run("ls > /list");
export const runs = ${busyboxImage}.run("trap '' INT TERM; (sleep 1000 &); touch /cache/begun; sleep 1000", { mounts: [mount.cache("/cache")] });`,
    );
    let asked = false;
    proxy.inject(({ target }) => {
      asked ||= target.includes("/blobs/");
      return asked ? { type: "stall" } : undefined;
    });
    const pull = await interrupt(
      one,
      ["build", "pulls"],
      until(() => asked),
    );
    expect([pull.exitCode, pull.stderr]).toEqual([130, expect.stringContaining("INTERRUPTED")]);
    await expectNothingLeft(one);
    proxy.inject(() => undefined);

    const begun = (): boolean =>
      fs.existsSync(`${one.home}/mounts`) &&
      fs.readdirSync(`${one.home}/mounts`).some((name) => fs.existsSync(`${one.home}/mounts/${name}/begun`));
    const run = await interrupt(one, ["build", "runs"], until(begun));
    expect([run.exitCode, run.stderr]).toEqual([130, expect.stringContaining("INTERRUPTED")]);
    await expectNothingLeft(one);
    for (const { ms } of [pull, run]) expect(ms).toBeLessThan(15_000);

    expect((await one.run(["build", "pulls"])).exitCode).toBe(0);
    expect((await one.run(["doctor"])).exitCode).toBe(0);
  });

  it("and SIGTERM at random moments of a build leave nothing, and the next build is right", async () => {
    const seed = Number(process.env["TSDOCK_TEST_SEED"] ?? randomBytes(4).readUInt32LE());
    process.stderr.write(`interrupts: TSDOCK_TEST_SEED=${seed}\n`);
    const random = seeded(seed);
    await using one = new CliWorkspace();
    addBusybox(one);
    fs.writeFileSync(one.path("big.bin"), Buffer.alloc(40 << 20, "big "));
    one.write(
      "x.image.ts",
      `${imports}const base = ${busyboxImage};
export const app = base.copy("big.bin", "/").run("ls > /list").run("dd if=/dev/zero of=/zeros bs=1024k count=40 2>/dev/null; rm /big.bin");
export const other = base.run("sleep 0.2; ls / > /list");`,
    );
    const start = performance.now();
    const expected = await one.json<{ images: { imageId: string }[] }>(["build"]);
    const limit = performance.now() - start;
    for (let round = 0; round < 12; round++) {
      const signal = round % 3 === 0 ? "SIGTERM" : "SIGINT";
      const moment = sleep(random() * limit);
      const { exitCode, stderr } = await interrupt(one, ["build", "--no-cache"], moment, signal);
      // Before its own code runs, a signal ends it as it ends every process.
      if (!stderr.endsWith(signal)) expect([0, 130], `seed ${seed}: ${stderr}`).toContain(exitCode);
      if (exitCode === 130) expect(stderr, `seed ${seed}`).toContain("INTERRUPTED");
      await expectNothingLeft(one);
    }
    const built = await one.json<{ images: { imageId: string }[] }>(["build"]);
    expect(built.images.map(({ imageId }) => imageId)).toEqual(expected.images.map(({ imageId }) => imageId));
    const doctor = await one.run(["doctor"]);
    expect(doctor.exitCode, doctor.stdout).toBe(0);
  });
});
