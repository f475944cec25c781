import { describe, expect, it } from "vitest";
import { annotateDocuments, shownAnnotations } from "../../../core/publish/annotate-documents.ts";
import { stampAnnotations } from "../../../core/publish/facts/stamp.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import type { Manifest } from "../../../core/oci/spec/descriptor.ts";
import { api, releaseFacts } from "./release-facts.ts";

const all = ["version", "revision", "created"] as const;
const valuesOf = (facts: Parameters<typeof releaseFacts>[0]) =>
  Object.fromEntries(
    stampAnnotations(all, releaseFacts(facts), api).map(({ name, value }) => [
      name.replace(/^.*[.]/, ""),
      value,
    ]),
  );
const packages = {
  "packages/api": { name: "@acme/api", version: { value: "0.9.0", source: "packages/api/package.json" } },
};

describe("a stamp", () => {
  it("is the version of the package, the commit and its time", () => {
    expect(valuesOf({ packages })).toEqual({
      version: "0.9.0",
      revision: "860c1904a1ce19322e91ac35af1ab07466440c37",
      created: "2024-05-06T07:08:09Z",
    });
    expect(valuesOf({})).not.toHaveProperty("version");
  });

  it("is the version that is released rather", () => {
    expect(valuesOf({ packages, ref: "refs/tags/api-v1.2.3" })).toMatchObject({ version: "1.2.3" });
    const releases = [{ package: "api", version: "v2.0.0-next.1", source: "--release" }];
    expect(valuesOf({ packages, releases })).toMatchObject({ version: "2.0.0-next.1" });
  });

  it("is refused where nobody knows the commit", () => {
    expect(() => valuesOf({ revision: undefined })).toThrow(/defaults[.]stamp asks for revision/);
    expect(() => valuesOf({ commitTime: undefined })).toThrow(/defaults[.]stamp asks for created/);
    expect(stampAnnotations([], releaseFacts({ revision: undefined }), api)).toEqual([]);
  });
});

describe("annotations that a publish adds", () => {
  const value: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: digestOf("{}"), size: 2 },
    layers: [],
    annotations: { "org.opencontainers.image.source": "https://git.example/own" },
  };
  const bytes = Buffer.from(JSON.stringify(value));
  const document = {
    bytes,
    descriptor: { mediaType: value.mediaType, digest: digestOf(bytes), size: bytes.length },
  };
  const config = { os: "linux", architecture: "amd64" };
  const image = { top: document, index: undefined, manifests: [{ document, value, diffIds: [], config }] };
  const added = [
    { name: "org.opencontainers.image.source", value: "https://git.example/remote", source: "git" },
    { name: "org.opencontainers.image.version", value: "1.2.3", source: "a tag" },
  ];

  it("leave those that are there, and say what they say", () => {
    const { top, manifests } = annotateDocuments(image, added);
    expect(top).toBe(manifests[0]?.document);
    expect(top.descriptor).toMatchObject({ digest: digestOf(top.bytes), size: top.bytes.byteLength });
    expect(shownAnnotations(top, added)).toEqual([
      { name: "org.opencontainers.image.source", value: "https://git.example/own", source: "published so" },
      added[1],
    ]);
  });

  it("are none where there is nothing to add", () => {
    expect(annotateDocuments(image, [])).toBe(image);
  });
});
