import { describe, expect, it } from "vitest";
import { dockerInspect } from "../../../core/oci/image/docker-inspect.ts";
import { createdCell, ellipsis, historyCells, historyRows } from "../../../core/oci/image/history.ts";
import {
  parseImageConfig,
  parseManifest,
  pickPlatform,
  readImage,
} from "../../../core/oci/image/image-view.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { parsePlatform } from "../../../core/oci/spec/platform.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { addSampleImage, sampleFile } from "../../support/sample-image.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const platform = (text: string) => parsePlatform(text) ?? { os: "", architecture: "" };
const digest = digestOf("index");

describe("pickPlatform", () => {
  const entry = (text: string) => {
    const [os = "", architecture = "", variant] = text.split("/");
    const named = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    return { mediaType: mediaTypes.manifest, digest: digestOf(text), size: 1, platform: named };
  };
  const index = (...names: string[]) => ({
    schemaVersion: 2 as const,
    mediaType: mediaTypes.index,
    manifests: names.map(entry),
  });

  it.each([
    ["linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"],
    ["linux/arm64", ["linux/amd64", "linux/arm64/v8"], "linux/arm64/v8"],
    ["linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm64"], "linux/arm/v6"],
    ["linux/arm/v7", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"],
    ["linux/arm/v6", ["linux/arm/v7", "linux/arm/v5"], "linux/arm/v5"],
  ])("for %s of %j is %s", (wanted, there, expected) => {
    expect(pickPlatform(index(...there), platform(wanted), digest).digest).toBe(digestOf(expected));
  });

  it("says what is there", () => {
    const pick = () => pickPlatform(index("linux/arm64", "unknown/unknown"), platform("linux/amd64"), digest);
    expect(pick).toThrow(expect.objectContaining({ code: "PLATFORM_MISSING", hint: "it has linux/arm64" }));
  });
});

describe("documents that are none", () => {
  it.each([
    "",
    "{",
    "[]",
    "null",
    "{}",
    '{"schemaVersion":1}',
    '{"schemaVersion":2,"config":{},"layers":[]}',
    "\xff",
  ])("%j", (text) => {
    const bytes = Buffer.from(text, "latin1");
    const invalid: Error = expect.objectContaining({ code: "IMAGE_INVALID" });
    expect(() => parseManifest(bytes, { digest, mediaType: mediaTypes.manifest })).toThrow(invalid);
    expect(() => parseImageConfig(bytes, digest)).toThrow(invalid);
  });

  it("a manifest of another media type than announced", () => {
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.dockerManifest, layers: [] }),
    );
    expect(() => parseManifest(bytes, { digest, mediaType: mediaTypes.manifest })).toThrow("announced");
  });
});

describe("an image in a store", () => {
  it("is read through its index and shown as docker does", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const image = await addSampleImage(store.blobs, [[sampleFile("a", "a")], [sampleFile("b", "b")]], {
      Cmd: ["/bin/sh"],
    });
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [{ ...image.descriptor, platform: { os: "linux", architecture: "amd64" } }],
    });
    const index = { mediaType: mediaTypes.index, digest: await store.blobs.put(text), size: text.length };
    const view = await readImage(store.blobs, index, platform("linux/amd64"));
    expect(view.descriptor.digest).toBe(image.descriptor.digest);
    expect(view.config).toEqual(image.config);

    const rows = historyRows(image.imageId, view.config, (diffId) =>
      diffId === image.diffIds[0] ? 2_372_416 : undefined,
    );
    expect(
      rows.map((row): readonly string[] => Object.values({ ...historyCells(row, 180_000, false) })),
    ).toEqual([
      [image.imageId.slice(7, 19), "N/A", 'CMD ["/bin/sh"]', "0B", ""],
      ["<missing>", "N/A", "COPY layer 1", "N/A", ""],
      ["<missing>", "N/A", "COPY layer 0", "2.37MB", ""],
    ]);
  });

  it("shows layers without history", () => {
    const diffIds = [digestOf("one"), digestOf("two")];
    const config = {
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: diffIds },
    } as const;
    expect(historyRows(digest, config, () => 5).map((row) => [row.diffId, row.createdBy, row.size])).toEqual([
      [diffIds[1], "", 5],
      [diffIds[0], "", 5],
    ]);
  });

  it("is cut as docker cuts", () => {
    expect(ellipsis("a".repeat(45), 45)).toBe("a".repeat(45));
    expect(ellipsis("é".repeat(46), 45)).toBe(`${"é".repeat(44)}…`);
  });
});

describe("dockerInspect", () => {
  it("has docker's members in docker's order, with docker's defaults", () => {
    const config = {
      architecture: "arm",
      variant: "v7",
      os: "linux",
      rootfs: { type: "layers", diff_ids: [] },
    } as const;
    const inspected = dockerInspect({ imageId: digest, config, repoTags: [], repoDigests: [], size: 0 });
    expect(Object.keys(inspected as object).join(" ")).toBe(
      "Id RepoTags RepoDigests Parent Comment Created Container ContainerConfig DockerVersion Author Config Architecture Variant Os Size VirtualSize GraphDriver RootFS Metadata",
    );
    expect(inspected).toMatchObject({
      Created: "0001-01-01T00:00:00Z",
      Config: { Env: null, Cmd: null, Hostname: "" },
    });
  });
});

describe("createdCell", () => {
  it("shows an age, and nothing for the epoch", () => {
    expect([createdCell(60_000, 240_000), createdCell(0, 240_000), createdCell(undefined, 0)]).toEqual([
      "3 minutes ago",
      "N/A",
      "N/A",
    ]);
  });
});
