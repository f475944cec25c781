import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { addBusybox, busyboxImage, imports } from "../support/busybox.ts";
import { type CliResult, CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { startDockerRegistry } from "../support/docker-registry.ts";
import { type Fault, startFaultProxy } from "../support/fault-proxy.ts";
import { otherUser } from "../support/other-user.ts";
import { lingeringWith } from "../support/processes.ts";
import { requires } from "../support/requires.ts";

interface Lie {
  readonly name: string;
  readonly of: "blob" | "manifest";
  readonly fault: Fault;
}

const codeOf = ({ stderr }: CliResult): string => /^error ([A-Z_]+)/m.exec(stderr)?.[1] ?? "";

async function expectSound(one: CliWorkspace): Promise<void> {
  const doctor = await one.run(["doctor"]);
  expect(doctor.exitCode, doctor.stdout + doctor.stderr).toBe(0);
  expect(await lingeringWith(`${one.home}/`)).toEqual([]);
  expect(fs.readdirSync(`${one.home}/leases`)).toEqual([]);
}

/** A failure as people should see it: a code, what to do next, and no trace of our own code. */
function expectToldWell(result: CliResult): void {
  expect(result.exitCode, result.stderr).toBe(1);
  expect(result.stderr).toMatch(/^ {2}hint \S/m);
  expect(result.stderr).not.toMatch(/^ +at .*\(.*:\d+:\d+\)$/m);
}

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))("a full disk", () => {
  it("is said so wherever it comes, leaves a sound store, and does no harm once there is room", {
    timeout: 300_000,
  }, async () => {
    await using one = new InProcessWorkspace();
    addBusybox(one);
    fs.writeFileSync(one.path("big.bin"), Buffer.alloc(2 << 20, "big "));
    one.write(
      "x.image.ts",
      `${imports}export const app = ${busyboxImage}.copy("big.bin", "/").run("dd if=/dev/zero of=/zeros bs=64k count=32 2>&1").run("cat /big.bin > /again");`,
    );
    const disk = one.path(".home");
    const mount = (size: string, ...more: string[]): void =>
      void execFileSync("mount", [
        "-t",
        "tmpfs",
        "-o",
        `size=${size},mode=755`,
        ...more,
        "tsdock-test",
        disk,
      ]);
    const seen = new Set<string>();
    try {
      for (const kilobytes of [40, 300, 1_500, 2_500, 4_000, 5_000, 6_500, 7_500, 9_000, 11_000, 13_000]) {
        mount(`${kilobytes}k`);
        const built = await one.run(["build"]);
        if (built.exitCode !== 0) {
          expectToldWell(built);
          seen.add(codeOf(built));
          if (codeOf(built) === "RUN_FAILED") expect(built.stderr).toContain("No space left on device");
        }
        execFileSync("mount", ["-o", "remount,size=100m", disk]);
        await expectSound(one);
        const again = await one.run(["build"]);
        expect([again.exitCode, again.stderr], `${kilobytes}k`).toEqual([0, expect.anything()]);
        execFileSync("umount", [disk]);
      }
    } finally {
      if (fs.readFileSync("/proc/mounts", "utf8").includes(disk)) execFileSync("umount", [disk]);
    }
    expect([...seen]).toContain("DISK_FULL");
    expect(["DISK_FULL", "RUN_FAILED", "EXECUTOR_FAILED"]).toEqual(expect.arrayContaining([...seen]));
  });
});

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "docker-registry"))(
  "a registry that lies",
  () => {
    const flip = (body: Buffer): Buffer => {
      const changed = Buffer.from(body);
      changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
      return changed;
    };
    const manifest = (
      change: (manifest: { layers: { size: number; mediaType: string }[] }) => void,
    ): Fault => ({
      type: "change",
      body: (body) => {
        const parsed = JSON.parse(body.toString()) as Parameters<typeof change>[0];
        change(parsed);
        return Buffer.from(JSON.stringify(parsed));
      },
    });
    const lies: readonly Lie[] = [
      { name: "other bytes", of: "blob", fault: { type: "change", body: flip } },
      { name: "fewer bytes", of: "blob", fault: { type: "change", body: (body) => body.subarray(0, -7) } },
      {
        name: "more bytes",
        of: "blob",
        fault: { type: "change", body: (body) => Buffer.concat([body, body]) },
      },
      { name: "a cut answer", of: "blob", fault: { type: "truncate", after: 0 } },
      {
        name: "another size",
        of: "manifest",
        fault: manifest(({ layers }) => layers.forEach((layer) => (layer.size += 1))),
      },
      {
        name: "another media type of layers",
        of: "manifest",
        fault: manifest(({ layers }) => layers.forEach((layer) => (layer.mediaType = "application/pdf"))),
      },
      {
        name: "another media type of itself",
        of: "manifest",
        fault: { type: "change", headers: { "content-type": "application/vnd.oci.image.index.v1+json" } },
      },
      { name: "no JSON", of: "manifest", fault: { type: "change", body: () => Buffer.from("<html>") } },
      {
        name: "another digest",
        of: "manifest",
        fault: { type: "change", headers: { "docker-content-digest": `sha256:${"0".repeat(64)}` } },
      },
    ];

    it("is found out by build and pull, and nothing that it said is kept", { timeout: 300_000 }, async () => {
      await using registry = await startDockerRegistry();
      await using base = new InProcessWorkspace();
      addBusybox(base);
      base.write("x.image.ts", `${imports}export const base = ${busyboxImage};`);
      await base.json(["publish", "--tag", "1", "--registry", `${registry.host}/acme`]);
      const outcomes = await Promise.allSettled(
        lies.map((lie, number) => beLiedTo(registry.host, lie, number)),
      );
      expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
    });

    async function beLiedTo(host: string, { name, of, fault }: Lie, number: number): Promise<void> {
      await using proxy = await startFaultProxy(host);
      await using one = new InProcessWorkspace();
      const reference = `${proxy.host}/acme/base:1`;
      one.write("x.image.ts", `${imports}export const app = image().from("${reference}").run("ls > /list");`);
      proxy.inject(({ method, target }) =>
        method === "GET" && target.includes(`/${of}s/`) ? fault : undefined,
      );
      const failed = await one.run(number % 2 === 0 ? ["build"] : ["image", "pull", reference]);
      expectToldWell(failed);
      expect(codeOf(failed), `${name}: ${failed.stderr}`).toMatch(/^(REGISTRY_|LAYER_|BLOB_|IMAGE_)/);
      proxy.inject(() => undefined);
      const built = await one.run(["build"]);
      expect(built.exitCode, `${name}: ${built.stderr}`).toBe(0);
      await expectSound(one);
    }
  },
);

describe("a context", () => {
  it("has its FIFOs, sockets and devices left out with a warning", async () => {
    await using one = new InProcessWorkspace();
    one.write("src/file.txt", "1");
    execFileSync("mkfifo", [one.path("src/pipe")]);
    const server = createServer().listen(one.path("src/socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    one.write("x.image.ts", `${imports}export const app = image().from(scratch).copy("src", "/src/");`);
    const built = await one.run(["build", "-o", "type=local,dest=out"]);
    server.close();
    expect(built.exitCode, built.stderr).toBe(0);
    for (const name of ["src/pipe", "src/socket"])
      expect(built.stderr).toMatch(new RegExp(`warning .*${name}`));
    expect(fs.readdirSync(one.path("out/src"))).toEqual(["file.txt"]);
    const named = new InProcessWorkspace();
    await using _named = named;
    execFileSync("mkfifo", [named.path("pipe")]);
    named.write("x.image.ts", `${imports}export const app = image().from(scratch).copy("pipe", "/");`);
    const refused = await named.run(["build"]);
    expect([refused.exitCode, codeOf(refused)]).toEqual([2, "COPY_NO_MATCH"]);
  });

  it.skipIf(!requires("unprivileged-users"))(
    "with files that cannot be read is told by name, with the copy's place",
    async () => {
      using user = otherUser();
      await using one = new CliWorkspace(undefined, user);
      one.write("src/file.txt", "1");
      one.write("src/locked.txt", "1");
      one.write("other/deep/file.txt", "1");
      one.write(
        "x.image.ts",
        `${imports}export const app = image().from(scratch).copy("src", "/src/");\nexport const other = image().from(scratch).copy("other", "/");`,
      );
      fs.chmodSync(one.path("src/locked.txt"), 0);
      const file = await one.run(["build", "app"]);
      expectToldWell(file);
      expect([codeOf(file), file.stderr]).toEqual([
        "FILE_UNREADABLE",
        expect.stringContaining("src/locked.txt"),
      ]);
      expect(file.stderr).toMatch(/x\.image\.ts:2:\d+/);
      fs.chownSync(one.path("other/deep"), 0, 0);
      fs.chmodSync(one.path("other/deep"), 0o700);
      const directory = await one.run(["build", "other"]);
      expectToldWell(directory);
      expect([codeOf(directory), directory.stderr]).toEqual([
        "FILE_UNREADABLE",
        expect.stringContaining("other/deep"),
      ]);
      one.write(".dockerignore", "other/deep\nsrc/locked.txt\n");
      one.write("other/kept.txt", "1");
      expect((await one.run(["build"])).exitCode).toBe(0);
    },
  );
});
