import { describe, expect, it } from "vitest";
import type { CompileOptions } from "../../../core/graph/compile.ts";
import {
  annotationName,
  baseAnnotations,
  commonAnnotations,
  imageAnnotations,
} from "../../../core/graph/image-annotations.ts";
import { type Image, image, scratch } from "../../../core/index.ts";
import { compileSound, imageOf } from "./support.ts";

const title = annotationName("title");
const source = annotationName("source");
const licenses = annotationName("licenses");
const ofPackage = [
  { name: source, value: "https://github.com/acme/web", source: "package.json, repository" },
  { name: licenses, value: "MIT", source: "package.json, license" },
];
const base = { name: "registry.example/base:1", digest: `sha256:${"a".repeat(64)}` };

function saidOf(web: Image, options: Partial<CompileOptions> = {}, exported: Record<string, Image> = {}) {
  const compiled = compileSound({ ...exported, web }, { describePackage: () => ofPackage, ...options });
  const { described, ...one } = imageOf(compiled, "web");
  const whole = { ...one, ...(described === undefined ? {} : { described }) };
  return {
    described,
    manifest: imageAnnotations(whole, "manifest", baseAnnotations(base)),
    index: imageAnnotations(whole, "index", baseAnnotations(base)),
  };
}

describe("what an image says of itself", () => {
  const plain = image().from(scratch);

  it("is its name and what its package says, and the base, on both levels", () => {
    const { manifest, index } = saidOf(plain);
    expect(manifest).toEqual({
      [title]: "web",
      [source]: "https://github.com/acme/web",
      [licenses]: "MIT",
      [annotationName("base.name")]: base.name,
      [annotationName("base.digest")]: base.digest,
    });
    expect(index).toEqual(manifest);
  });

  it("is what is declared, for whichever level", () => {
    const onManifest = saidOf(plain.annotation({ [title]: "Shop", team: "web" }));
    expect(onManifest.manifest).toMatchObject({ [title]: "Shop", team: "web", [licenses]: "MIT" });
    expect(onManifest.index).toMatchObject({ [title]: "Shop", [licenses]: "MIT" });
    expect(onManifest.index).not.toHaveProperty("team");
    const onIndex = saidOf(
      plain.annotation({ [title]: "All" }, { level: "index" }).annotation({ [title]: "One" }),
    );
    expect([onIndex.index[title], onIndex.manifest[title]]).toEqual(["All", "One"]);
  });

  it("is what its own labels say, and not those of what it is built on", () => {
    const base = image()
      .from(scratch)
      .label({ [source]: "https://git.example/base" });
    const labelled = saidOf(base.label({ [licenses]: "ISC" }));
    expect(labelled.manifest).toMatchObject({ [source]: "https://git.example/base", [licenses]: "ISC" });
    const built = saidOf(image().from(base), { defaults: { labels: { [licenses]: "0BSD" } } }, { base });
    expect(built.manifest).toMatchObject({ [source]: "https://github.com/acme/web", [licenses]: "0BSD" });
    expect(built.described?.find(({ name }) => name === licenses)?.source).toBe("defaults.labels");
  });

  it("lacks what a label empties, and what labels of platforms disagree about", () => {
    expect(saidOf(plain.label({ [licenses]: "" })).manifest).not.toHaveProperty([licenses]);
    const twofold = image()
      .platforms("linux/amd64", "linux/arm64")
      .from(scratch)
      .with((img, { platform }) => img.label({ [title]: platform.architecture }));
    expect(saidOf(twofold).manifest).not.toHaveProperty([title]);
  });

  it("is nothing but what is declared and the base where that is asked for", () => {
    const { described, manifest, index } = saidOf(
      image({ annotations: false }).from(scratch).annotation({ a: "b" }),
    );
    expect(described).toBeUndefined();
    expect(manifest).toEqual({ ...baseAnnotations(base), a: "b" });
    expect(index).toEqual({});
    expect(saidOf(plain, { describePackage: undefined }).described).toBeUndefined();
  });
});

describe("annotations of a base", () => {
  it("name no path of this machine", () => {
    const { digest } = base;
    expect(baseAnnotations({ name: "oci:/home/me/base:1", digest })).toEqual({
      [annotationName("base.digest")]: digest,
    });
    expect(baseAnnotations({ name: "docker-archive:/home/me/base.tar", digest })).toEqual({
      [annotationName("base.digest")]: digest,
    });
    expect(baseAnnotations(undefined)).toEqual({});
  });

  it("are on an index what all its manifests have", () => {
    expect(commonAnnotations([{ a: "1", b: "2" }, { a: "1", b: "3" }, { a: "1" }])).toEqual({ a: "1" });
    expect(commonAnnotations([])).toEqual({});
  });
});
