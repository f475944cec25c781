import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Descriptor, Index, Manifest } from "../../../core/oci/spec/descriptor.ts";
import type { promote } from "../../../core/toolkit/promote.ts";
import type { publishImages } from "../../../core/toolkit/publish-images.ts";
import {
  type AccessLogLine,
  type DockerRegistry,
  startDockerRegistry,
} from "../../support/docker-registry.ts";
import { makeGitRepository } from "../../support/git-repository.ts";
import { InProcessWorkspace } from "../../support/in-process-workspace.ts";
import { requires } from "../../support/requires.ts";

type Result = Awaited<ReturnType<typeof publishImages>>;
type Promoted = Awaited<ReturnType<typeof promote>>;

const sbomType = "application/spdx+json";
const provenanceType = "application/vnd.in-toto+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const isWrite = ({ method }: AccessLogLine): boolean => ["POST", "PUT", "PATCH", "DELETE"].includes(method);

let repositories = 0;

/** A git repository with an image for one platform and one for two, published to repositories that nobody else has. */
class Repository extends InProcessWorkspace {
  readonly registry: string;
  readonly commit: (files: Readonly<Record<string, string>>) => string;
  readonly revision: string;

  constructor(host: string) {
    super();
    repositories += 1;
    this.registry = `${host}/acme${repositories}`;
    this.commit = makeGitRepository(this.directory).commit;
    this.revision = this.commit({
      ".gitignore": ".home\nout\nout.json\nplan.json\n",
      "a.txt": "a",
      "web.image.ts": `import { image, param, scratch } from "tsdock";
const port = param("port", 80);
export const web = image().from(scratch).copy("a.txt", "/").expose(port);
export const both = image().platforms("linux/amd64", "linux/arm64").from(scratch).copy("a.txt", "/");\n`,
    });
  }

  attested(...more: readonly string[]): Promise<Result> {
    const attest = ["--sbom=true", "--provenance=mode=max"];
    return this.json(["publish", "--registry", this.registry, "--tag", "1", ...attest, ...more]);
  }
}

const imageNamed = ({ images }: Result, name: string): Result["images"][number] => {
  const found = images.find((image) => image.name === name);
  if (found === undefined) throw new Error(`${name} was not published`);
  return found;
};

function manifestOf(repository: string, { digest }: Descriptor): Manifest {
  const args = ["inspect", "--raw", "--tls-verify=false", `docker://${repository}@${digest}`];
  const { status, stdout, stderr } = spawnSync("skopeo", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Manifest;
}

async function contentOf(repository: string, { layers: [layer] }: Manifest): Promise<unknown> {
  const answer = await fetch(`http://${repository.replace("/", "/v2/")}/blobs/${layer?.digest ?? ""}`);
  return answer.json();
}

describe.skipIf(!requires("docker-registry", "skopeo", "git"))("attestations of what is published", () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  /** As oras asks: the referrers API first, then the tag that stands for it. */
  async function referrers(repository: string, subject: string): Promise<readonly Descriptor[]> {
    const base = `http://${repository.replace("/", "/v2/")}`;
    const api = await fetch(`${base}/referrers/${subject}`);
    await api.arrayBuffer();
    expect(api.status).toBe(404);
    const tagged = await fetch(`${base}/manifests/${subject.replace(":", "-")}`, {
      headers: { accept: indexType },
    });
    return tagged.ok ? ((await tagged.json()) as Index).manifests : [];
  }

  it("refer to the manifest of each platform, and are what they say", async () => {
    await using one = new Repository(registry.host);
    const first = await one.attested();
    const { digest, repository, attestations = [] } = imageNamed(first, "web");
    expect(attestations.map(({ subject, artifactType, action }) => [subject, artifactType, action])).toEqual([
      [digest, sbomType, "create"],
      [digest, provenanceType, "create"],
    ]);
    const [bill, origin] = await referrers(repository, digest);
    if (bill === undefined || origin === undefined) throw new Error("there are no referrers");
    expect([bill.artifactType, origin.artifactType]).toEqual([sbomType, provenanceType]);
    expect(origin.annotations).toEqual({ "in-toto.io/predicate-type": "https://slsa.dev/provenance/v1" });
    const manifest = manifestOf(repository, origin);
    expect(manifest).toMatchObject({
      artifactType: provenanceType,
      config: { mediaType: "application/vnd.oci.empty.v1+json", size: 2 },
      subject: { digest },
    });
    expect(await contentOf(repository, manifest)).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "web", digest: { sha256: digest.slice(7) } }],
      predicateType: "https://slsa.dev/provenance/v1",
      predicate: {
        buildDefinition: {
          externalParameters: { image: "web", params: { port: 80 } },
          internalParameters: { steps: ["COPY a.txt /", "EXPOSE [80/tcp]"], sourceDateEpoch: 0 },
          resolvedDependencies: [{ name: "source", digest: { gitCommit: one.revision } }],
        },
      },
    });
    expect(await contentOf(repository, manifestOf(repository, bill))).toMatchObject({
      spdxVersion: "SPDX-2.3",
      name: "web",
      creationInfo: { created: "1970-01-01T00:00:00Z" },
      packages: [{ name: "web", versionInfo: digest }],
    });
    const both = imageNamed(first, "both");
    const subjects = (both.attestations ?? []).map(({ subject }) => subject);
    expect(new Set(subjects)).toEqual(new Set(both.platforms.map((platform) => platform.digest)));
    expect(subjects).toHaveLength(4);
  });

  it("are not sent again, and tell of the commit that the image came from first", async () => {
    await using one = new Repository(registry.host);
    await one.attested();
    const before = registry.accessLog().length;
    const again = await one.attested();
    expect(registry.accessLog(before).filter(isWrite)).toEqual([]);
    expect(again.images.flatMap(({ attestations = [] }) => attestations.map(({ action }) => action))).toEqual(
      Array.from({ length: 6 }, () => "keep"),
    );
    expect(again.blobs.uploaded).toBe(0);
    one.commit({ other: "a file that no image has" });
    await one.attested();
    expect(registry.accessLog(before).filter(isWrite)).toEqual([]);
  });

  it("come before the tags, are in the record, and a list that lost them gets them again", async () => {
    await using one = new Repository(registry.host);
    const before = registry.accessLog().length;
    const { digest, repository } = imageNamed(
      await one.attested("web", "--journal", one.path("out.json")),
      "web",
    );
    const puts = registry
      .accessLog(before)
      .filter(({ method, target }) => method === "PUT" && target.includes("/manifests/"));
    expect(puts.at(-1)?.target).toMatch(/manifests\/1$/);
    expect(puts).toHaveLength(6);
    const record = JSON.parse(fs.readFileSync(one.path("tsdock-release.json"), "utf8")) as {
      readonly images: readonly { readonly attestations?: readonly object[] }[];
    };
    expect(record.images[0]?.attestations).toHaveLength(2);
    await fetch(`http://${repository.replace("/", "/v2/")}/manifests/${digest.replace(":", "-")}`, {
      method: "PUT",
      headers: { "content-type": indexType },
      body: JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [] }),
    });
    expect(await referrers(repository, digest)).toEqual([]);
    await one.attested("web");
    expect(await referrers(repository, digest)).toHaveLength(2);
    const journal = JSON.parse(fs.readFileSync(one.path("out.json"), "utf8")) as {
      readonly attestations?: object[];
    };
    expect(journal.attestations).toHaveLength(2);
    const undone = await one.json<{ readonly complete: boolean }>([
      "publish",
      "--undo",
      "--journal",
      one.path("out.json"),
      "--registry",
      one.registry,
      "--dry-run",
    ]);
    expect(undone).toHaveProperty("tags");
  });

  it("are in a plan, and come from the store where they are not there", async () => {
    await using one = new Repository(registry.host);
    const plan = one.path("plan.json");
    await one.attested("web", "--plan-out", plan, "--dry-run");
    const elsewhere = await one.run(["publish", "--plan", plan], { TSDOCK_HOME: one.path("out") });
    expect(elsewhere.stderr).toContain("PUBLISH_BLOB_MISSING");
    const { digest, repository } = imageNamed(await one.json<Result>(["publish", "--plan", plan]), "web");
    expect(await referrers(repository, digest)).toHaveLength(2);
    one.commit({ "a.txt": "b" });
    await one.attested("web", "--plan-out", plan);
    const other = await one.json<Result>(["publish", "--plan", plan], { TSDOCK_HOME: one.path("out") });
    expect(imageNamed(other, "web").attestations).toMatchObject([{ action: "keep" }, { action: "keep" }]);
  });

  it("are promoted with the image, and go to a layout like everything else", async () => {
    await using one = new Repository(registry.host);
    const { digest, repository } = imageNamed(await one.attested("web"), "web");
    const layout = `oci:${one.path("out")}`;
    const promoted = await one.json<Promoted>(["promote", `${repository}:1`, `${layout}:web:1`]);
    expect(promoted.images[0]?.referrers).toHaveLength(2);
    const direct = await one.attested("web", "--registry", layout);
    expect(imageNamed(direct, "web")).toMatchObject({
      digest,
      attestations: [{ action: "keep" }, { action: "keep" }],
    });
    const { manifests } = JSON.parse(fs.readFileSync(one.path("out/index.json"), "utf8")) as Index;
    expect(manifests).toHaveLength(3);
    one.commit({ "a.txt": "b" });
    const next = imageNamed(await one.attested("web", "--registry", layout), "web");
    expect(next.attestations).toMatchObject([{ action: "create" }, { action: "create" }]);
  });

  it("list what plugins put into an image, and what it is made from", async () => {
    await using one = new InProcessWorkspace();
    one.write(
      "web.image.ts",
      `import { image, scratch } from "tsdock";
import { source, toByteString } from "tsdock/plugin";
const entry = (name) => ({ type: "file", path: toByteString(name), mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 1, content: Buffer.from("a") });
const plugin = {
  name: "parts", version: 1, title: (spec) => "parts(" + spec + ")", lockKey: () => undefined, resolve: async () => null,
  build: async (spec, locked, context) => ({ layers: [{ layer: await context.layer([entry(spec)]), createdBy: spec }], config: {} }),
  packages: (spec) => [{ name: spec, version: "1", purl: "pkg:generic/" + spec + "@1", checksums: { sha512: "00" } }],
};
const tools = image().from(source(plugin, "tools"));
export const web = image().from(source(plugin, "base")).add(source(plugin, "extra")).copy("/tools", "/", { from: tools });\n`,
    );
    const layout = `oci:${one.path("out")}`;
    const result = await one.json<Result>([
      "publish",
      "--registry",
      layout,
      "--tag",
      "1",
      "--sbom=true",
      "--provenance=mode=min",
    ]);
    const read = (digest: string): unknown =>
      JSON.parse(fs.readFileSync(one.path("out/blobs/sha256", digest.slice(7)), "utf8"));
    const [bill, origin] = (imageNamed(result, "web").attestations ?? []).map(
      ({ digest }) => read((read(digest) as Manifest).layers[0]?.digest ?? "") as Record<string, unknown>,
    );
    expect(bill?.packages).toEqual([
      expect.objectContaining({ SPDXID: "SPDXRef-image" }),
      expect.objectContaining({
        name: "base",
        versionInfo: "1",
        checksums: [{ algorithm: "SHA512", checksumValue: "00" }],
      }),
      expect.objectContaining({
        name: "extra",
        externalRefs: [expect.objectContaining({ referenceLocator: "pkg:generic/extra@1" })],
      }),
    ]);
    expect(bill?.relationships).toHaveLength(3);
    const { buildDefinition } = origin?.predicate as { readonly buildDefinition: Record<string, unknown> };
    expect(buildDefinition.externalParameters).toEqual({
      image: "web",
      platform: expect.stringMatching(/^linux/) as string,
    });
    expect(buildDefinition.resolvedDependencies).toMatchObject(
      ["base", "extra", "tools"].map((name) => ({ name: `parts(${name})` })),
    );
  });

  it("are asked for by the configuration, and may be a plugin's", async () => {
    await using apart = new InProcessWorkspace();
    apart.write(
      "web.image.ts",
      `import { image, scratch } from "tsdock";\nexport const web = image().from(scratch).file("/a", "a");\n`,
    );
    const configure = (attest: string): void =>
      apart.write(
        "tsdock.config.ts",
        `import { defineConfig } from "tsdock";
export default defineConfig({ attestations: { sbom: true, plugins: [{ name: "notes", attest: ${attest} }] } });\n`,
      );
    const run = (...more: readonly string[]) =>
      apart.run(["publish", "--registry", `oci:${apart.path("out")}`, "--tag", "1", "--json", ...more]);
    configure(`({ name }) => [{ artifactType: "text/plain", content: "about " + name }]`);
    const { images } = JSON.parse((await run("--sbom=false")).stdout) as Result;
    expect(images[0]?.attestations).toMatchObject([{ artifactType: "text/plain", action: "create" }]);
    const { images: more } = JSON.parse((await run()).stdout) as Result;
    expect(more[0]?.attestations).toMatchObject([
      { artifactType: sbomType, action: "create" },
      { artifactType: "text/plain", action: "keep" },
    ]);
    for (const [attest, why] of [
      [`() => [{ artifactType: "text", content: "" }]`, /no media type/],
      [`() => "text"`, /no list/],
      [`() => [{ artifactType: "text/plain" }]`, /neither text nor/],
      [`() => { throw new Error("out of paper"); }`, /out of paper/],
    ] as const) {
      configure(attest);
      const { exitCode, stderr } = await run();
      expect([exitCode, stderr]).toEqual([1, expect.stringMatching(why)]);
      expect(stderr).toContain("ATTESTATION_INVALID");
    }
    for (const flag of ["--sbom=generator=x", "--provenance=mode=most"])
      expect((await run(flag)).exitCode).toBe(2);
  });
});
