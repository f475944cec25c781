import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { buildImages } from "../../core/toolkit/build-images.ts";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { type DockerRegistry, startDockerRegistry } from "../support/docker-registry.ts";
import { requires } from "../support/requires.ts";

type BuildResult = Awaited<ReturnType<typeof buildImages>>;

const busybox = `image().from(scratch).copy("busybox", "/bin/").symlink("busybox", "/bin/sh").symlink("busybox", "/bin/cat")`;

/** A workspace with busybox of this machine in it. */
function workspace(module: string, home?: string): CliWorkspace {
  const one = new InProcessWorkspace(home);
  fs.copyFileSync("/bin/busybox", one.path("busybox"));
  fs.chmodSync(one.path("busybox"), 0o755);
  one.write("x.image.ts", `import { image, mount, scratch, merge, diff } from "tsdock";\n${module}`);
  return one;
}

describe.skipIf(!requires("docker-registry", "busybox-static"))("a base in a registry", () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
    await using source = workspace(`export const base = ${busybox}.env({ FROM: "base" });`);
    const published = await source.run(["publish", "--tag", "1", "--registry", `${registry.host}/acme`]);
    if (published.exitCode !== 0) throw new Error(published.stderr);
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  it("is neither pulled nor sent for an image that only copies, and its blobs are mounted", async () => {
    const module = `export const app = image().from("${registry.host}/acme/base:1").copy("x.image.ts", "/app/", { link: true });`;
    await using app = workspace(module);
    const before = registry.accessLog().length;
    const result = await app.json<{ blobs: { uploaded: number; mounted: number } }>([
      "publish",
      "--tag",
      "1",
      "--registry",
      `${registry.host}/acme`,
    ]);
    const requests = registry.accessLog().slice(before);
    // Of the base only its configuration is read; the new layer and configuration are sent, the base's layers mounted.
    expect(
      requests.filter(({ method, target }) => method === "GET" && target.includes("/blobs/")),
    ).toHaveLength(1);
    expect(result.blobs).toMatchObject({ uploaded: 2, mounted: 3 });

    const again = registry.accessLog().length;
    const repeated = await app.json<{ blobs: { uploaded: number } }>([
      "publish",
      "--tag",
      "1",
      "--registry",
      `${registry.host}/acme`,
    ]);
    expect(repeated.blobs.uploaded).toBe(0);
    const methods = new Set(
      registry
        .accessLog()
        .slice(again)
        .map(({ method }) => method),
    );
    expect([...methods].filter((method) => !["GET", "HEAD"].includes(method))).toEqual([]);
  });

  it("is pinned by the lock, and --locked refuses what it lacks", async () => {
    await using one = workspace(
      `export const app = image().from("${registry.host}/acme/base:1").cmd(["/bin/sh"]);`,
    );
    const refused = await one.run(["build", "--locked"]);
    expect([refused.exitCode, refused.stderr.includes("LOCK_MISSING")]).toEqual([2, true]);
    expect((await one.run(["lock"])).exitCode).toBe(0);
    expect((await one.run(["lock", "--check"])).exitCode).toBe(0);
    const before = registry.accessLog().length;
    expect((await one.run(["build", "--locked"])).exitCode).toBe(0);
    expect(registry.accessLog()).toHaveLength(before);
  });
});

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))("steps", () => {
  it("get secrets, caches and files of other images, and keep none of them", async () => {
    await using one = workspace(`
const tools = ${busybox};
const data = image().from(scratch).file("/data.txt", "from another image\\n");
export const app = tools.run("cat /run/secrets/token /mnt/data.txt > /seen; echo $TOKEN >> /seen; echo 1 >> /cache/count; cat /cache/count >> /seen", {
  mounts: [mount.secret("token"), mount.secret("token", { env: "TOKEN" }), mount.cache("/cache"), mount.bind("/mnt", { from: data })],
});`);
    one.write("token.txt", "s3cret-value");
    const missing = await one.run(["build"]);
    expect([missing.exitCode, missing.stderr.includes("SECRET_MISSING")]).toEqual([1, true]);
    const built = await one.run(["build", "--secret", "id=token,src=token.txt", "-o", "type=local,dest=out"]);
    expect(built.stderr).not.toContain("s3cret-value");
    expect(built.exitCode).toBe(0);
    expect(fs.readFileSync(one.path("out/seen"), "utf8")).toBe(
      "s3cret-valuefrom another image\ns3cret-value\n1\n",
    );
    expect(fs.readdirSync(one.path("out")).sort()).toEqual(["bin", "seen"]);
    const inspected = await one.run(["image", "inspect", "app"]);
    expect(inspected.stdout).not.toContain("s3cret-value");
  });

  it("that fail show log, exit code and place, and a step with the same bytes stops the rebuild above it", async () => {
    const steps = (first: string) => `export const app = ${busybox}.run("${first}").run("echo done > /b");`;
    await using one = workspace(steps("echo a > /a"));
    expect((await one.json<BuildResult>(["build"])).vertices.ran).toBe(5);
    one.write("x.image.ts", `import { image, scratch } from "tsdock";\n${steps("printf 'a\\\\n' > /a")}`);
    expect((await one.json<BuildResult>(["build"])).vertices.ran).toBe(1);
    one.write("x.image.ts", `import { image, scratch } from "tsdock";\n${steps("echo the reason; exit 7")}`);
    const failed = await one.run(["build", "--progress", "quiet"]);
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("RUN_FAILED");
    expect(failed.stderr).toContain("exit code 7");
    expect(failed.stderr).toContain("the reason");
    expect(failed.stderr).toMatch(/x\.image\.ts:2:\d+/);
  });

  it("give the trees that merge and diff combine", async () => {
    await using one = workspace(`
const a = image().from(scratch).file("/a", "a");
const b = image().from(scratch).file("/b", "b");
export const both = image().from(merge(a, b)).cmd(["/a"]);
export const added = image().from(diff(a, a.file("/c", "c"))).cmd(["/c"]);`);
    expect((await one.run(["build", "-o", "type=local,dest=out"])).exitCode).toBe(0);
    expect(fs.readdirSync(one.path("out/both")).sort()).toEqual(["a", "b"]);
    expect(fs.readdirSync(one.path("out/added"))).toEqual(["c"]);
  });
});
