import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import type { buildImages } from "../../core/toolkit/build-images.ts";
import { CliWorkspace } from "../support/cli.ts";
import { requires } from "../support/requires.ts";

type BuildResult = Awaited<ReturnType<typeof buildImages>>;

const hello = `import { image, scratch } from "tsdock";
export const hello = image().from(scratch).copy("hello.txt", "/etc/").file("/etc/made", "by code\\n").cmd(["/bin/true"]);
export const twin = image().from(scratch).copy("hello.txt", "/etc/");
`;

function workspace(home?: string): CliWorkspace {
  const one = new CliWorkspace(home);
  one.write("hello.image.ts", hello);
  one.write("hello.txt", "Bonjour\n");
  return one;
}

const ids = ({ images }: BuildResult) => images.map(({ name, imageId }) => [name, imageId]);

describe("a first image", () => {
  it("is built, shared where equal, and not built again", async () => {
    await using one = workspace();
    const first = await one.json<BuildResult>(["build"]);
    expect(first.images.map(({ name }) => name)).toEqual(["hello", "twin"]);
    expect(first.vertices).toEqual({ total: 2, cached: 0, ran: 2 });
    const second = await one.json<BuildResult>(["build"]);
    expect(second.vertices).toEqual({ total: 2, cached: 2, ran: 0 });
    expect(ids(second)).toEqual(ids(first));
    fs.utimesSync(one.path("hello.txt"), 1, 1);
    expect((await one.json<BuildResult>(["build"])).vertices.ran).toBe(0);
    one.write("hello.txt", "Salut\n");
    const changed = await one.json<BuildResult>(["build"]);
    expect(changed.vertices.ran).toBe(1);
    expect(ids(changed)).not.toEqual(ids(first));
  });

  it("is the same in another directory, umask, time zone, locale and with other jobs", async () => {
    await using one = workspace();
    await using other = workspace();
    const first = await one.json<BuildResult>(["build", "-j1"]);
    fs.chmodSync(other.path("hello.txt"), 0o600);
    const second = await other.json<BuildResult>(["build", "-j8"], {
      TZ: "Asia/Tokyo",
      LC_ALL: "fr_FR.UTF-8",
    });
    expect(ids(second)).toEqual(ids(first));
  });

  it("is built by two processes at once into one store", async () => {
    await using one = workspace();
    await using other = workspace(one.home);
    const [a, b] = await Promise.all([one.json<BuildResult>(["build"]), other.json<BuildResult>(["build"])]);
    expect(ids(a)).toEqual(ids(b));
    expect((await one.run(["doctor"])).exitCode).toBe(0);
  });

  it.skipIf(!requires("skopeo"))(
    "is published to a layout that skopeo reads, and publishing it again moves nothing",
    async () => {
      await using one = workspace();
      const publish = ["publish", "--tag", "1.0.0", "--registry", "oci:out"];
      const first = await one.json<{ images: { digest: string; tags: { action: string }[] }[] }>(publish);
      expect(first.images.flatMap(({ tags }) => tags.map(({ action }) => action))).toEqual([
        "create",
        "create",
      ]);
      const inspected = spawnSync("skopeo", ["inspect", `oci:${one.path("out")}:hello:1.0.0`], {
        encoding: "utf8",
      });
      expect(inspected.stderr).toBe("");
      expect((JSON.parse(inspected.stdout) as { Digest: string }).Digest).toBe(first.images[0]?.digest);
      const again = await one.json<{ images: { tags: { action: string }[] }[]; blobs: { uploaded: number } }>(
        publish,
      );
      expect(again.blobs.uploaded).toBe(0);
      expect(again.images.flatMap(({ tags }) => tags.map(({ action }) => action))).toEqual(["keep", "keep"]);
    },
  );
});

describe("mistakes", () => {
  it("are told with code, place and hint, all at once, before anything is built", async () => {
    await using one = new CliWorkspace();
    one.write(
      "bad.image.ts",
      `import { image, scratch } from "tsdock";
export const a = image().from(scratch).expose(99999 as never);
export const b = image().from("Not A Reference");
`,
    );
    const { exitCode, stderr } = await one.run(["build"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("PORT_INVALID");
    expect(stderr).toContain("REFERENCE_INVALID");
    expect(stderr).toMatch(/bad\.image\.ts:2:\d+/);
    expect(stderr).toMatch(/bad\.image\.ts:3:\d+/);
    expect(stderr).not.toMatch(/^ +at .*\(.*:\d+:\d+\)$/m);
  });

  it("in a copy name what is missing", async () => {
    await using one = new CliWorkspace();
    one.write(
      "x.image.ts",
      `import { image, scratch } from "tsdock";\nexport const x = image().from(scratch).copy("nothing-*", "/");\n`,
    );
    const { exitCode, stderr } = await one.run(["build"]);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("COPY_NO_MATCH");
    expect(stderr).toMatch(/x\.image\.ts:2:\d+/);
  });

  it("on the command line exit with 2", async () => {
    await using one = workspace();
    expect((await one.run(["biuld"])).exitCode).toBe(2);
    expect((await one.run(["build", "nobody"])).stderr).toContain("NAME_UNKNOWN");
    expect((await one.run(["build", "-j", "zero"])).exitCode).toBe(2);
  });
});
