import { expect, it } from "vitest";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import type { Index } from "../../../core/oci/spec/descriptor.ts";
import { type RebasedPlatform, rebasedTop } from "../../../core/publish/rebase/push-rebased.ts";

const prefix = "org.opencontainers.image.";
const base = (digest: string) => ({
  [`${prefix}base.name`]: "registry.example/base:1",
  [`${prefix}base.digest`]: digest,
});

/** A platform after its rebase: its manifest, and what that says. */
function rebased(name: string, annotations: Readonly<Record<string, string>>): RebasedPlatform {
  const bytes = Buffer.from(name);
  const descriptor = { mediaType: mediaTypes.manifest, digest: digestOf(bytes), size: bytes.length };
  const image = { manifest: { bytes, descriptor }, value: { annotations } };
  return { image } as unknown as RebasedPlatform;
}

const indexOf = (annotations: Readonly<Record<string, string>>): Index => ({
  schemaVersion: 2,
  mediaType: mediaTypes.index,
  manifests: ["a", "b"].map((name) => ({
    mediaType: mediaTypes.manifest,
    digest: digestOf(`old ${name}`),
    size: 1,
  })),
  annotations,
});

const annotationsOf = (platforms: readonly RebasedPlatform[], index: Index): Index["annotations"] =>
  (JSON.parse(Buffer.from(rebasedTop(platforms, index).bytes).toString()) as Index).annotations;

it("an index says of a new base what is the same on all platforms", () => {
  const title = { [`${prefix}title`]: "web" };
  const was = indexOf({ ...title, ...base("sha256:old") });
  const alike = ["a", "b"].map((name) => rebased(name, base("sha256:new")));
  expect(annotationsOf(alike, was)).toEqual({ ...title, ...base("sha256:new") });
  const apart = ["a", "b"].map((name) => rebased(name, base(`sha256:${name}`)));
  expect(annotationsOf(apart, was)).toEqual({ ...title, [`${prefix}base.name`]: "registry.example/base:1" });
  expect(annotationsOf(alike, indexOf(title))).toEqual(title);
});
