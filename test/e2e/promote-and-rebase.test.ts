import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { checkBase } from "../../core/toolkit/check-base.ts";
import type { promote } from "../../core/toolkit/promote.ts";
import type { rebase } from "../../core/toolkit/rebase.ts";
import type { ReleaseRecord } from "../../core/publish/record/release-record.ts";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { type DockerRegistry, startDockerRegistry } from "../support/docker-registry.ts";
import { requires } from "../support/requires.ts";

type Promoted = Awaited<ReturnType<typeof promote>>;
type Rebased = Awaited<ReturnType<typeof rebase>>;
type Checked = Awaited<ReturnType<typeof checkBase>>;

/** Requests of our own, as another tool would make them. */
async function get(host: string, target: string): Promise<{ digest: string; text: string } | undefined> {
  const accept =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json";
  const answer = await fetch(`http://${host}/v2/${target}`, { headers: { accept } });
  const text = await answer.text();
  return answer.ok ? { digest: answer.headers.get("docker-content-digest") ?? "", text } : undefined;
}

const sha256 = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

async function put(host: string, repository: string, target: string, value: object): Promise<string> {
  const body = JSON.stringify(value);
  const { mediaType = "" } = value as { mediaType?: string };
  const url = `http://${host}/v2/${repository}/manifests/${target === "" ? sha256(body) : target}`;
  const answer = await fetch(url, { method: "PUT", body, headers: { "content-type": mediaType } });
  expect(answer.status).toBe(201);
  return sha256(body);
}

async function putBlob(host: string, repository: string, content: string): Promise<object> {
  const begun = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  const location = new URL(begun.headers.get("location") ?? "", `http://${host}`);
  const digest = sha256(content);
  location.searchParams.set("digest", digest);
  const answer = await fetch(location, { method: "PUT", body: content });
  expect(answer.status).toBe(201);
  return { digest, size: Buffer.byteLength(content) };
}

const layersOf = (text = "{}") => (JSON.parse(text) as { layers: { digest: string }[] }).layers;
const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** A signature as cosign writes it: as a referrer, and as the older tag. */
async function sign(host: string, repository: string, digest: string): Promise<string> {
  const subject = await get(host, `${repository}/manifests/${digest}`);
  const empty = {
    mediaType: "application/vnd.oci.empty.v1+json",
    ...(await putBlob(host, repository, "{}")),
  };
  const layer = {
    mediaType: "application/vnd.example.signature",
    ...(await putBlob(host, repository, "signed")),
  };
  const manifest = { schemaVersion: 2, mediaType: manifestType, config: empty, layers: [layer] };
  const size = Buffer.byteLength(subject?.text ?? "");
  const referrer = await put(host, repository, "", {
    ...manifest,
    artifactType: "application/vnd.example.signature",
    subject: { mediaType: manifestType, digest, size },
  });
  const entry = { mediaType: manifestType, digest: referrer, size: 1 };
  await put(host, repository, digest.replace(":", "-"), {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [entry],
  });
  await put(host, repository, `${digest.replace(":", "-")}.sig`, manifest);
  return referrer;
}

async function publish(workspace: CliWorkspace, destination: string, tag: string): Promise<void> {
  const result = await workspace.run(["publish", "--tag", tag, "--registry", destination]);
  if (result.exitCode !== 0) throw new Error(result.stderr);
}

describe.skipIf(!requires("docker-registry"))("what is published", () => {
  let registry: DockerRegistry;
  let other: DockerRegistry;
  let workspace: CliWorkspace;
  beforeAll(async () => {
    [registry, other] = await Promise.all([startDockerRegistry(), startDockerRegistry()]);
  });
  beforeEach(() => {
    workspace = new InProcessWorkspace();
    return () => workspace[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  const module = (text: string) =>
    workspace.write("x.image.ts", `import { image, scratch } from "tsdock";\n${text}`);

  describe("is promoted", () => {
    it("to another registry with its signatures, the same bytes, and a second time nothing is sent", async () => {
      module(`export const app = image().from(scratch).file("/a", "promoted").cmd(["/a"]);`);
      await publish(workspace, `${registry.host}/one`, "1.0");
      const there = await get(registry.host, "one/app/manifests/1.0");
      const signature = await sign(registry.host, "one/app", there?.digest ?? "");
      const args = ["promote", `${registry.host}/one/app:1.0`, `${other.host}/prod/app`];
      const planned = await workspace.json<Promoted>([...args, "--dry-run"]);
      expect(planned.images[0]?.tags[0]).toMatchObject({ action: "create", from: null });
      expect(await get(other.host, "prod/app/manifests/1.0")).toBeUndefined();
      const result = await workspace.json<Promoted>(args);
      expect(result.blobs.uploaded).toBe(4);
      expect(result.images[0]?.referrers).toEqual([signature]);
      expect(await get(other.host, "prod/app/manifests/1.0")).toEqual(there);
      const tag = (there?.digest ?? "").replace(":", "-");
      expect((await get(other.host, `prod/app/manifests/${tag}.sig`))?.text).toContain("signature");
      const listed = await get(other.host, `prod/app/manifests/${tag}`);
      expect(listed?.text).toContain(signature);
      expect(await get(other.host, `prod/app/manifests/${signature}`)).toBeDefined();

      const seen = other.accessLog().length;
      const again = await workspace.json<Promoted>(args);
      expect(again.images[0]?.tags[0]?.action).toBe("keep");
      const sent = other.accessLog(seen).filter(({ method }) => method === "PUT" || method === "PATCH");
      expect(sent.filter(({ target }) => !target.includes("manifests/sha256:"))).toEqual([]);
    });

    it("to another tag of its repository by one manifest, never over an immutable one", async () => {
      module(`export const app = image().from(scratch).file("/a", "stable").cmd(["/a"]);`);
      await publish(workspace, `${registry.host}/two`, "2.0");
      const seen = registry.accessLog().length;
      const args = ["promote", `${registry.host}/two/app:2.0`, "-t", "stable"];
      const result = await workspace.json<Promoted>(args);
      expect(result.images[0]?.tags[0]).toMatchObject({ action: "create" });
      const changes = registry.accessLog(seen).filter(({ method }) => !["GET", "HEAD"].includes(method));
      expect(changes.map(({ method, target }) => [method, target])).toEqual([
        ["PUT", "/v2/two/app/manifests/stable"],
      ]);
      module(`export const app = image().from(scratch).file("/a", "another").cmd(["/a"]);`);
      await publish(workspace, `${registry.host}/two`, "2.1");
      const refused = await workspace.run([
        "promote",
        `${registry.host}/two/app:2.1`,
        "-t",
        "stable",
        "--immutable",
      ]);
      expect([refused.exitCode, refused.stderr.includes("PUBLISH_IMMUTABLE")]).toEqual([1, true]);
      expect(await get(registry.host, "two/app/manifests/stable")).toEqual(
        await get(registry.host, "two/app/manifests/2.0"),
      );
    });

    it("as a whole release, to a registry and to a layout and back", async () => {
      module(`
const base = image().from(scratch).file("/shared", "x");
export const a = base.cmd(["/a"]);
export const b = base.file("/b", "b").cmd(["/b"]);`);
      await publish(workspace, `${registry.host}/three`, "3.0");
      const record = JSON.parse(
        fs.readFileSync(workspace.path("tsdock-release.json"), "utf8"),
      ) as ReleaseRecord;
      expect(record.images.map(({ name }) => name)).toEqual(["a", "b"]);
      const args = ["promote", "tsdock-release.json", "--registry"];
      await workspace.json<Promoted>([...args, `${other.host}/live`, "-t", "live"]);
      await workspace.json<Promoted>([...args, "oci:layout"]);
      for (const name of ["a", "b"]) {
        expect(await get(other.host, `live/${name}/manifests/live`)).toEqual(
          await get(registry.host, `three/${name}/manifests/3.0`),
        );
        await workspace.json<Promoted>(["promote", `oci:layout:${name}:3.0`, `${other.host}/back/${name}:3`]);
        expect(await get(other.host, `back/${name}/manifests/3`)).toEqual(
          await get(registry.host, `three/${name}/manifests/3.0`),
        );
      }
    });

    it("never by halves, nor from what is no record, nor to what is no tag", async () => {
      module(`export const app = image().from(scratch).file("/a", "x").cmd(["/a"]);`);
      const cases = [
        [["promote", `${registry.host}/none/app:1`, "-t", "x"], "REGISTRY_NOT_FOUND"],
        [["promote", `${registry.host}/none/app:1`, "-t", "x y"], "TAG_INVALID"],
        [["promote", `${registry.host}/none/app:1`], "USAGE"],
        [["promote", "missing.json"], "RECORD_INVALID"],
        [["promote", "package.json"], "RECORD_INVALID"],
      ] as const;
      for (const [args, code] of cases) {
        const { exitCode, stderr } = await workspace.run(args);
        expect([
          exitCode > 0,
          stderr.includes(code),
          stderr.includes("hint"),
          stderr.includes("    at "),
        ]).toEqual([true, true, true, false]);
      }
    });
  });

  describe("stands on a base that moves", () => {
    const base = (content: string, mode = "755") =>
      module(`
export const base = image().from(scratch)
  .directory("/srv", { chmod: ${JSON.stringify(mode)} }).file("/etc/os-release", ${JSON.stringify(content)}).env({ BASE: ${JSON.stringify(content)}, KEPT: "base" });`);
    const app = (place: string, more = "") =>
      module(`
export const app = image().from("${registry.host}/${place}/base:1").copy("package.json", "/srv/app/").env({ KEPT: "app" })${more}.cmd(["/a"]);`);

    it("check-base tells it, and rebase gives what a build on the new base gives, with nothing pulled", async () => {
      base("one");
      await publish(workspace, `${registry.host}/four`, "1");
      app("four");
      await publish(workspace, `${registry.host}/four`, "1");
      const name = `${registry.host}/four/app:1`;
      const before = await get(registry.host, "four/app/manifests/1");
      expect((await workspace.run(["check-base", name])).exitCode).toBe(0);
      expect((await workspace.json<Rebased>(["rebase", name])).action).toBe("keep");

      base("two");
      await publish(workspace, `${registry.host}/four`, "1");
      app("four");
      const checked = await workspace.run(["check-base", name, "--json"]);
      expect(checked.exitCode).toBe(3);
      expect((JSON.parse(checked.stdout) as Checked).bases[0]).toMatchObject({ moved: true, user: name });

      const planned = await workspace.json<Rebased>(["rebase", name, "--dry-run"]);
      expect(await get(registry.host, "four/app/manifests/1")).toEqual(before);
      const rebased = await workspace.json<Rebased>(["rebase", name]);
      expect(rebased).toMatchObject({ action: "move", from: before?.digest, to: planned.to });
      expect((await workspace.run(["check-base", name])).exitCode).toBe(0);

      await publish(workspace, `${registry.host}/four`, "built");
      const built = await get(registry.host, "four/app/manifests/built");
      const swapped = await get(registry.host, "four/app/manifests/1");
      const configOf = (text = "{}") => (JSON.parse(text) as { config: { digest: string } }).config.digest;
      expect(layersOf(swapped?.text)).toEqual(layersOf(built?.text));
      expect(configOf(swapped?.text)).toBe(configOf(built?.text));
      expect(rebased.platforms[0]?.imageId).toBe(configOf(built?.text));
    });

    it("rebase reads what a base's directories and users are once on a machine, also where the layers are gone since", async () => {
      base("one");
      await publish(workspace, `${registry.host}/once`, "1");
      app("once");
      await publish(workspace, `${registry.host}/once`, "1");
      base("two");
      await publish(workspace, `${registry.host}/once`, "1");
      const name = `${registry.host}/once/app:1`;
      const [own, ...bases] = await Promise.all(
        ["app", "base"].map(async (image) =>
          layersOf((await get(registry.host, `once/${image}/manifests/1`))?.text),
        ),
      ).then(([mine = [], theirs = []]) =>
        [mine.at(-1), ...mine.slice(0, -1), ...theirs].map((layer) => layer?.digest),
      );
      await using elsewhere = new InProcessWorkspace();
      const read = async (): Promise<ReadonlySet<string | undefined>> => {
        const seen = registry.accessLog().length;
        await elsewhere.json<Rebased>(["rebase", name, "--dry-run"]);
        return new Set(registry.accessLog(seen).map(({ target }) => target.split("/blobs/")[1]));
      };
      const first = await read();
      for (const digest of [own, ...bases]) expect(first).toContain(digest);
      // As a prune leaves it that has enough when the layers are gone.
      const blobs = path.join(elsewhere.home, "blobs", "sha256");
      for (const file of fs.readdirSync(blobs)) fs.rmSync(path.join(blobs, file));
      const second = await read();
      expect(second).toContain(own);
      for (const digest of bases) expect(second).not.toContain(digest);
    });

    it("rebase refuses what the new base does not keep, unless it is forced", async () => {
      base("one");
      await publish(workspace, `${registry.host}/five`, "1");
      app("five");
      await publish(workspace, `${registry.host}/five`, "1");
      base("two", "700");
      await publish(workspace, `${registry.host}/five`, "1");
      const refused = await workspace.run(["rebase", `${registry.host}/five/app:1`]);
      expect([refused.exitCode, refused.stderr.includes("REBASE_CONTRACT")]).toEqual([1, true]);
      expect(refused.stderr).toContain("/srv is 755 0:0 in the old base and 700 0:0 in the new one");
      const forced = await workspace.json<Rebased>(["rebase", `${registry.host}/five/app:1`, "--force"]);
      expect(forced.action).toBe("move");
    });

    it("rebase refuses another base than the image's, and images that do not say theirs", async () => {
      base("one");
      await publish(workspace, `${registry.host}/six`, "1");
      const alone = await workspace.run(["rebase", `${registry.host}/six/base:1`]);
      expect([alone.exitCode, alone.stderr.includes("REBASE_MISMATCH")]).toEqual([1, true]);
      app("six");
      await publish(workspace, `${registry.host}/six`, "1");
      base("other");
      await publish(workspace, `${registry.host}/seven`, "1");
      const wrong = await workspace.run([
        "rebase",
        `${registry.host}/six/app:1`,
        "--old-base",
        `${registry.host}/seven/base:1`,
      ]);
      expect([wrong.exitCode, wrong.stderr.includes("does not lie on that base")]).toEqual([1, true]);
    });

    it("check-base without images reads the lock", async () => {
      base("one");
      await publish(workspace, `${registry.host}/eight`, "1");
      app("eight");
      expect((await workspace.run(["lock"])).exitCode).toBe(0);
      expect((await workspace.run(["check-base"])).exitCode).toBe(0);
      base("two");
      await publish(workspace, `${registry.host}/eight`, "1");
      const { exitCode, stdout } = await workspace.run(["check-base"]);
      expect([exitCode, stdout.startsWith("moved")]).toEqual([3, true]);
    });
  });
});
