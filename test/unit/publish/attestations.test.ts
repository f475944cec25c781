import { describe, expect, it } from "vitest";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import type { AttestedImage } from "../../../core/plugin/attestation.ts";
import { artifactOf } from "../../../core/publish/attest/artifact.ts";
import { provenance } from "../../../core/publish/attest/provenance.ts";
import { sbom } from "../../../core/publish/attest/sbom.ts";
import { chosenAttestations } from "../../../core/toolkit/attest/chosen-attestations.ts";
import { canonicalJson, type Json } from "../../../core/util/json.ts";

const base = {
  name: "registry.example/base:1",
  uri: "pkg:docker/registry.example/base@1",
  digest: { sha256: "ab" },
};
const image: AttestedImage = {
  name: "acme/web",
  platform: { os: "linux", architecture: "arm64", variant: "v8" },
  digest: digestOf("manifest"),
  imageId: digestOf("config"),
  source: { repository: "https://github.com/acme/web", revision: "c0ffee", dirty: true },
  materials: [base],
  base,
  packages: [{ name: "curl", version: "8.5.0-2", purl: "pkg:deb/debian/curl@8.5.0-2?arch=arm64" }],
  params: { port: 80 },
  steps: ["COPY a /"],
  clampTime: 1_700_000_000,
  version: "1.2.3",
};

const contentOf = async (plugin: typeof sbom, of: AttestedImage = image) => {
  const [{ content } = { content: "" }] = await plugin.attest(of);
  if (typeof content === "string") throw new Error("it is text");
  return content.json as Readonly<Record<string, Json>>;
};

describe("a bill of materials", () => {
  it("has the image, its base and its packages, each with what SPDX wants of it", async () => {
    const document = await contentOf(sbom);
    expect(document).toMatchObject({
      spdxVersion: "SPDX-2.3",
      dataLicense: "CC0-1.0",
      SPDXID: "SPDXRef-DOCUMENT",
      documentNamespace: expect.stringMatching(
        /^https:\/\/spdx\.org\/spdxdocs\/acme%2Fweb-[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ) as string,
      creationInfo: { created: "2023-11-14T22:13:20Z", creators: ["Tool: tsdock-1.2.3"] },
    });
    const packages = document.packages as readonly Readonly<Record<string, Json>>[];
    expect(packages.map(({ name }) => name)).toEqual(["acme/web", "registry.example/base:1", "curl"]);
    for (const one of packages) {
      expect(one.SPDXID).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
      expect(one).toMatchObject({ downloadLocation: "NOASSERTION", filesAnalyzed: false });
    }
    expect(document.relationships).toEqual(
      [
        ["SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image"],
        ["SPDXRef-image", "DESCENDANT_OF", "SPDXRef-base"],
        ["SPDXRef-image", "CONTAINS", packages[2]?.SPDXID],
      ].map(([spdxElementId, relationshipType, relatedSpdxElement]) => ({
        spdxElementId,
        relationshipType,
        relatedSpdxElement,
      })),
    );
  });

  it("is another for other packages, and the same for the same", async () => {
    const text = async (of: AttestedImage): Promise<string> => canonicalJson(await contentOf(sbom, of));
    expect(await text(image)).toBe(await text({ ...image, source: { dirty: false }, params: {} }));
    const namespace = async (of: AttestedImage) => (await contentOf(sbom, of)).documentNamespace;
    expect(await namespace(image)).not.toBe(await namespace({ ...image, packages: [] }));
  });
});

describe("a provenance", () => {
  it("names source, base and, where all is asked for, params and instructions", async () => {
    const max = await contentOf(provenance("max"));
    expect(max).toMatchObject({
      predicate: {
        buildDefinition: {
          externalParameters: { image: "acme/web", platform: "linux/arm64/v8", params: { port: 80 } },
          internalParameters: { steps: ["COPY a /"], sourceDateEpoch: 1_700_000_000 },
          resolvedDependencies: [
            {
              name: "source",
              uri: "git+https://github.com/acme/web",
              digest: { gitCommit: "c0ffee" },
              annotations: { dirty: true },
            },
            base,
          ],
        },
        runDetails: { builder: { id: "pkg:npm/tsdock", version: { tsdock: "1.2.3" } } },
      },
    });
    const min = canonicalJson(await contentOf(provenance("min")));
    expect(min).not.toContain("params");
    expect(min).not.toContain("steps");
    const nameless = await contentOf(provenance("min"), {
      ...image,
      source: { dirty: false },
      materials: [],
    });
    expect(nameless).toMatchObject({ predicate: { buildDefinition: { resolvedDependencies: [] } } });
  });
});

describe("an artifact", () => {
  it("is a manifest with an empty configuration, one blob and its subject", async () => {
    const subject = {
      mediaType: mediaTypes.manifest,
      digest: image.digest,
      size: 5,
      platform: image.platform,
    };
    const artifact = artifactOf(
      { artifactType: "text/plain", content: "about", annotations: { a: "b" } },
      subject,
    );
    const { bytes, blobs } = await artifact.content();
    expect(artifact.manifest).toMatchObject({
      digest: digestOf(bytes),
      size: bytes.byteLength,
      artifactType: "text/plain",
    });
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: "text/plain",
      config: { mediaType: mediaTypes.empty, digest: digestOf("{}"), size: 2 },
      layers: [{ mediaType: "text/plain", digest: digestOf("about"), size: 5 }],
      subject: { mediaType: mediaTypes.manifest, digest: image.digest, size: 5 },
      annotations: { a: "b" },
    });
    const [first] = blobs;
    const read: Uint8Array[] = [];
    for await (const chunk of first?.source.open(2) ?? []) read.push(chunk);
    expect(Buffer.concat(read).toString()).toBe("out");
  });
});

describe("what is asked for", () => {
  const namesOf = async (...given: Parameters<typeof chosenAttestations>) =>
    (await chosenAttestations(...given)).map(({ name }) => name);
  const none = { sbom: undefined, provenance: undefined };

  it("is nothing unless the configuration or a flag asks, and a flag comes first", async () => {
    expect(await namesOf(none, {})).toEqual([]);
    expect(await namesOf(none, { sbom: true, provenance: "min" })).toEqual(["sbom", "provenance"]);
    expect(await namesOf({ sbom: "false", provenance: "0" }, { sbom: true, provenance: true })).toEqual([]);
    expect(await namesOf({ sbom: "1", provenance: "mode=min" }, {})).toEqual(["sbom", "provenance"]);
    expect(await namesOf(none, { plugins: [sbom] })).toEqual(["sbom"]);
  });

  it("is refused in other words", async () => {
    await expect(namesOf({ ...none, sbom: "generator=x" }, {})).rejects.toMatchObject({ code: "USAGE" });
    await expect(namesOf({ ...none, provenance: "max" }, {})).rejects.toMatchObject({ code: "USAGE" });
  });
});
