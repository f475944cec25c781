import fs from "node:fs";
import os from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { buildImages } from "../../core/toolkit/build-images.ts";
import type { publishImages } from "../../core/toolkit/publish-images.ts";
import type { undoPublish } from "../../core/toolkit/undo-publish.ts";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { type AccessLogLine, type DockerRegistry, startDockerRegistry } from "../support/docker-registry.ts";
import { requires } from "../support/requires.ts";

type BuildResult = Awaited<ReturnType<typeof buildImages>>;
type PublishResult = Awaited<ReturnType<typeof publishImages>>;
type UndoResult = Awaited<ReturnType<typeof undoPublish>>;

const count = 50;
const names = Array.from({ length: count }, (_, index) => `app${index}`);

/** Images on a base of this workspace, each with a file of its own. */
function workspace(): CliWorkspace {
  const one = new InProcessWorkspace();
  const images = names.map(
    (name) => `export const ${name} = image().from(base).copy("${name}.txt", "/srv/");`,
  );
  one.write(
    "apps.image.ts",
    [
      'import { image, scratch } from "tsdock";',
      'export const base = image().from(scratch).copy("base.txt", "/etc/");',
      ...images,
    ].join("\n"),
  );
  one.write("base.txt", "x".repeat(100_000));
  for (const name of names) one.write(`${name}.txt`, name);
  return one;
}

const writes = ["POST", "PUT", "PATCH", "DELETE"];
const actionsOf = ({ images }: PublishResult) =>
  images.flatMap(({ tags }) => tags.map(({ action }) => action));
const isManifestPut = ({ method, target }: AccessLogLine): boolean =>
  method === "PUT" && target.includes("/manifests/");
const repositoryOf = ({ target }: AccessLogLine): string | undefined => target.split("/")[3];
const isBlobPut = ({ method, target }: AccessLogLine): boolean =>
  method === "PUT" && target.includes("/uploads/");

describe.skipIf(!requires("docker-registry"))("publish a workspace of many images", () => {
  let registry: DockerRegistry;
  let one: CliWorkspace;
  let first: PublishResult;
  const release = (...more: string[]): string[] => [
    "publish",
    "--registry",
    `${registry.host}/acme`,
    ...more,
  ];
  beforeAll(async () => {
    registry = await startDockerRegistry();
    one = workspace();
    first = await one.json<PublishResult>(release("--tag", "1.0.0", "--immutable"));
  });
  afterAll(async () => {
    await one[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  it("does nothing for a release that is published, with one question per tag", async () => {
    const build = await one.json<BuildResult>(["build"]);
    expect(build.vertices.ran).toBe(0);
    const before = registry.accessLog().length;
    const again = await one.json<PublishResult>(release("--tag", "1.0.0", "--immutable"));
    const log = registry.accessLog(before);
    expect(log.filter(({ method }) => writes.includes(method))).toEqual([]);
    const asked = log.filter(({ target }) => target.includes("/manifests/")).map(({ target }) => target);
    expect(asked).toHaveLength(count + 1);
    expect(new Set(asked).size).toBe(asked.length);
    expect(log.filter(({ target }) => target !== "/v2/" && !target.includes("/manifests/"))).toEqual([]);
    expect(actionsOf(again)).toEqual(again.images.map(() => "keep"));
    expect(again.images.map(({ digest }) => digest)).toEqual(first.images.map(({ digest }) => digest));
    // A second on a machine that is free; as much longer as others take of it.
    const [load = 0] = os.loadavg();
    expect(again.ms - build.ms).toBeLessThan(1000 * Math.max(1, load / os.availableParallelism()));
  });

  it("sends one layer, one configuration and one manifest where one file of one image changed", async () => {
    const tags = ["--tag", "1.1.0", "--tag", "next"];
    await one.json<PublishResult>(release("--tag", "next"));
    const before = registry.accessLog().length;
    one.write("app7.txt", "changed");
    const only = await one.json<PublishResult>(release(...tags, "--only-changed", "--dry-run"));
    const result = await one.json<PublishResult>(release(...tags));
    one.write("app7.txt", "app7");
    const log = registry.accessLog(before);
    expect(result.blobs.uploaded).toBe(2);
    expect(log.filter(isBlobPut).map(repositoryOf)).toEqual(["app7", "app7"]);
    const byDigest = log.filter(isManifestPut).filter(({ target }) => target.includes("sha256:"));
    expect(byDigest.map(repositoryOf)).toEqual(["app7"]);
    // The base is not read; it is known to be there.
    expect(log.filter(({ method, target }) => method === "GET" && target.includes("/blobs/"))).toEqual([]);
    for (const { name, tags } of result.images)
      expect(tags.map(({ action }) => action)).toEqual(["create", name === "app7" ? "move" : "keep"]);
    for (const { name, tags } of only.images)
      expect(tags.map(({ action }) => action)).toEqual(
        name === "app7" ? ["create", "move"] : ["skip", "keep"],
      );
  });

  it("lets one job bring images there and another move the tags, and takes them back", async () => {
    await one.json<PublishResult>(release("--tag", "stable"));
    const plan = one.path("plan.json");
    const before = registry.accessLog().length;
    one.write("app3.txt", "planned");
    const planned = await one.json<PublishResult>(
      release("--tag", "2.0.0", "--tag", "stable", "--plan-out", plan),
    );
    one.write("app3.txt", "app3");
    const tagPuts = () =>
      registry
        .accessLog(before)
        .filter(isManifestPut)
        .filter(({ target }) => !target.includes("sha256:"));
    expect(tagPuts()).toEqual([]);
    await using other = new InProcessWorkspace();
    const [outputs, summary] = [other.path("outputs"), other.path("summary")];
    const env = { GITHUB_ACTIONS: "true", GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary };
    const done = await other.json<PublishResult>(["publish", "--plan", plan], env);
    expect(done.images.map(({ digest }) => digest)).toEqual(planned.images.map(({ digest }) => digest));
    expect(done.blobs.uploaded).toBe(0);
    expect(tagPuts()).toHaveLength(count + 2);
    expect(fs.readFileSync(outputs, "utf8")).toMatch(/^digests<<(.*)\n\{"app0":"sha256:.*\}\n\1$/m);
    expect(fs.readFileSync(summary, "utf8")).toContain(`${registry.host}/acme/app3:2.0.0`);
    const record = JSON.parse(fs.readFileSync(other.path("tsdock-release.json"), "utf8")) as {
      images: unknown[];
    };
    expect(record.images).toHaveLength(count + 1);
    expect(new Set(actionsOf(await other.json<PublishResult>(["publish", "--plan", plan])))).toEqual(
      new Set(["keep"]),
    );
    const undo = await other.run(release("--undo", "--json"));
    // This registry cannot remove a tag without its manifest: new tags are left, and listed.
    expect(undo.exitCode).toBe(1);
    const { tags } = JSON.parse(undo.stdout) as UndoResult;
    const left = tags.filter(({ action }) => action === "left").map(({ reference }) => reference);
    expect(left).toHaveLength(count + 1);
    expect(left.every((reference) => reference.endsWith(":2.0.0"))).toBe(true);
    expect(tags.filter(({ action }) => action === "restored").map(({ reference }) => reference)).toEqual([
      `${registry.host}/acme/app3:stable`,
    ]);
    const back = await one.json<PublishResult>(release("--tag", "stable", "--dry-run"));
    expect(new Set(actionsOf(back))).toEqual(new Set(["keep"]));
  });

  it("finds out that it may not write before the first step is run", async () => {
    one.write("app9.txt", "not built");
    await using elsewhere = await startDockerRegistry({ auth: "htpasswd" });
    const env = { [`TSDOCK_AUTH_${elsewhere.host.replaceAll(/\W/g, "_")}`]: "tester:wrong" };
    const result = await one.run(["publish", "--registry", `${elsewhere.host}/acme`, "--tag", "1"], env);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("REGISTRY_UNAUTHORIZED");
    expect(result.stderr).toContain("TSDOCK_AUTH_127_0_0_1");
    expect(result.stderr).toContain("tsdock login");
    expect(result.stderr).not.toContain("wrong");
    expect(result.stderr.match(/error REGISTRY_UNAUTHORIZED/g)).toHaveLength(1);
    const after = await one.json<BuildResult>(["build"]);
    expect(after.vertices.ran).toBe(1);
    one.write("app9.txt", "app9");
  });
});
