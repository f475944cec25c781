import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Index, Manifest } from "../../../core/oci/spec/descriptor.ts";
import type { publishImages } from "../../../core/toolkit/publish-images.ts";
import { InProcessWorkspace } from "../../support/in-process-workspace.ts";

type Result = Awaited<ReturnType<typeof publishImages>>;
type GraphImages = {
  readonly images: readonly { readonly name: string; readonly annotations: readonly object[] }[];
};

const prefix = "org.opencontainers.image.";
const commitTime = "2024-05-06T07:08:09Z";

/** A repository whose remote has a password in it, with an image of one platform, one of two, and one that says nothing of itself. */
class Repository extends InProcessWorkspace {
  constructor() {
    super();
    this.write(
      "package.json",
      '{"name":"@acme/shop","version":"1.2.0","license":"MIT","description":"The shop"}',
    );
    this.write(
      "web.image.ts",
      `import { image, scratch } from "tsdock";
export const web = image().from(scratch).file("/a", "a");
export const both = image().platforms("linux/amd64", "linux/arm64").from(scratch).file("/b", "b");
export const plain = image({ annotations: false }).from(scratch).file("/c", "c");\n`,
    );
    this.stamp(false);
    this.write(".gitignore", ".home\nout\n");
    this.git("init", "--quiet", "--initial-branch=main");
    this.git("remote", "add", "origin", "https://job:s3cret-token@git.example/acme/shop.git");
    this.commit();
  }

  stamp(stamp: boolean): void {
    this.write("tsdock.config.json", JSON.stringify({ registry: "registry.example", defaults: { stamp } }));
  }

  git(...args: readonly string[]): string {
    const identity = ["-c", "user.name=test", "-c", "user.email=test@registry.example"];
    const env = { ...process.env, GIT_COMMITTER_DATE: commitTime };
    const options = { cwd: this.directory, encoding: "utf8", env } as const;
    const { status, stdout, stderr } = spawnSync("git", [...identity, ...args], options);
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  }

  commit(): void {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message=commit");
  }

  publish(...more: readonly string[]): Promise<Result> {
    return this.json(["publish", "--registry", `oci:${this.path("out")}`, "--tag", "1", ...more]);
  }

  document(digest: string): Index & Manifest {
    return JSON.parse(fs.readFileSync(this.path("out/blobs/sha256", digest.slice(7)), "utf8")) as Index &
      Manifest;
  }
}

describe("annotations of what is published", () => {
  let one: Repository;
  let first: Result;
  beforeAll(async () => {
    one = new Repository();
    first = await one.publish();
  });
  afterAll(() => one[Symbol.asyncDispose]());

  const shared = (title: string) => ({
    [`${prefix}title`]: title,
    [`${prefix}description`]: "The shop",
    [`${prefix}licenses`]: "MIT",
    [`${prefix}source`]: "https://git.example/acme/shop.git",
  });
  const digestOf = ({ images }: Result, name: string): string =>
    images.find((image) => image.name === name)?.digest ?? "";

  it("say what the package does and where the sources are, of the manifest and the index", () => {
    expect(one.document(digestOf(first, "web")).annotations).toEqual(shared("web"));
    const index = one.document(digestOf(first, "both"));
    expect(index.annotations).toEqual(shared("both"));
    expect(index.manifests).toHaveLength(2);
    for (const { digest } of index.manifests)
      expect(one.document(digest).annotations).toEqual(shared("both"));
    expect(one.document(digestOf(first, "plain")).annotations).toBeUndefined();
  });

  it("are shown with where they come from", async () => {
    const { stdout } = await one.run([
      "publish",
      "web",
      "--registry",
      `oci:${one.path("out")}`,
      "--tag",
      "1",
      "--dry-run",
    ]);
    expect(stdout).toMatch(/web +org[.]opencontainers[.]image[.]licenses +MIT +package[.]json, license/);
    expect(stdout).toMatch(/image[.]source +https:\/\/git[.]example\/acme\/shop[.]git +git, remote origin/);
    expect(JSON.stringify(first) + stdout).not.toContain("s3cret");
    const { images } = await one.json<GraphImages>(["graph"]);
    expect(images.find(({ name }) => name === "web")?.annotations).toContainEqual({
      level: "index",
      name: `${prefix}title`,
      value: "web",
      source: "the image's name",
    });
    const { stdout: inspected } = await one.run(["image", "inspect", "web"]);
    expect(JSON.parse(inspected)).toMatchObject([{ Annotations: { [`${prefix}title`]: "web" } }]);
  });
  it("are the same in every commit, unless a stamp is asked for", async () => {
    one.write("other", "a file that no image has");
    one.commit();
    const again = await one.publish();
    expect(again.images.map(({ digest }) => digest)).toEqual(first.images.map(({ digest }) => digest));
    expect(again.blobs.uploaded).toBe(0);
    one.stamp(true);
    one.commit();
    const stamped = await one.publish();
    const added = {
      [`${prefix}version`]: "1.2.0",
      [`${prefix}revision`]: one.git("rev-parse", "HEAD"),
      [`${prefix}created`]: commitTime,
    };
    expect(one.document(digestOf(stamped, "web")).annotations).toEqual({ ...shared("web"), ...added });
    const index = one.document(digestOf(stamped, "both"));
    expect(index.annotations).toEqual({ ...shared("both"), ...added });
    for (const { digest } of index.manifests) expect(one.document(digest).annotations).toMatchObject(added);
    expect(digestOf(stamped, "plain")).toBe(digestOf(first, "plain"));
    expect(stamped.images.map(({ imageId }) => imageId)).toEqual(first.images.map(({ imageId }) => imageId));
    const same = await one.publish();
    expect(same.images.flatMap(({ tags }) => tags.map(({ action }) => action))).toEqual([
      "keep",
      "keep",
      "keep",
    ]);
    one.stamp(false);
  });

  it("refuse a stamp outside of a repository before anything is built", async () => {
    await using apart = new InProcessWorkspace();
    apart.write(
      "web.image.ts",
      `import { image, scratch } from "tsdock";\nexport const web = image().from(scratch);\n`,
    );
    apart.write("tsdock.config.json", '{ "defaults": { "stamp": ["revision"] } }');
    const { exitCode, stderr } = await apart.run(["publish", "--registry", "oci:out", "--tag", "1"]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("STAMP_UNKNOWN")]);
    apart.write("tsdock.config.json", '{ "defaults": { "stamp": ["when"] } }');
    const wrong = await apart.run(["publish", "--registry", "oci:out", "--tag", "1"]);
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringContaining("list of version, revision, created"),
    ]);
  });
});
