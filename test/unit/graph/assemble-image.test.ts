import { describe, expect, it } from "vitest";
import {
  assembleImage,
  assembleIndex,
  assembleManifest,
  sourceImageConfig,
} from "../../../core/graph/assemble-image.ts";
import { image, scratch } from "../../../core/index.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import type { ImageConfig } from "../../../core/oci/spec/image-config.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { amd64, compileSound, platformOf } from "./support.ts";

const base: ImageConfig = {
  architecture: "amd64",
  os: "linux",
  created: "2024-01-01T00:00:00Z",
  author: "somebody",
  config: { Env: ["PATH=/bin"], Cmd: ["sh"], OnBuild: ["RUN x"], Shell: ["/bin/ash", "-c"] },
  rootfs: { type: "layers", diff_ids: [digestOf("base")] },
  history: [{ created_by: "ADD base" }, { created_by: "CMD sh", empty_layer: true }],
};

const layerOf = (id: string) => digestOf(id);

describe("assembleImage", () => {
  it("puts layers, configuration and history on those of the base", () => {
    const app = image()
      .from("x")
      .workdir("/app")
      .env((env) => ({ PATH: `/app:${env.PATH}` }))
      .run("make")
      .cmd("start")
      .onBuild("RUN y");
    const { steps, platform } = platformOf(compileSound({ app }), "app");
    const { config, bytes, imageId } = assembleImage({ base, platform, steps, layerOf });
    expect(imageId).toBe(digestOf(bytes));
    expect(JSON.parse(bytes)).toEqual(config);
    expect(config).toMatchObject({
      created: "1970-01-01T00:00:00Z",
      author: "somebody",
      config: {
        Env: ["PATH=/app:/bin"],
        Cmd: ["/bin/ash", "-c", "start"],
        OnBuild: ["RUN y"],
        WorkingDir: "/app",
      },
    });
    expect(config.rootfs.diff_ids).toHaveLength(3);
    expect(config.history?.map(({ created_by, empty_layer }) => [created_by, empty_layer ?? false])).toEqual([
      ["ADD base", false],
      ["CMD sh", true],
      ["WORKDIR /app", false],
      ["ENV PATH=/app:/bin", true],
      ["RUN /bin/ash -c make", false],
      ['CMD ["/bin/ash" "-c" "start"]', true],
      ["ONBUILD RUN y", true],
    ]);
  });

  it("marks a step that changed nothing as an empty layer, and still follows its instruction", () => {
    const { steps } = platformOf(compileSound({ app: image().from("x").workdir("/app") }), "app");
    const { config } = assembleImage({
      base,
      platform: amd64,
      steps,
      layerOf: () => undefined,
      created: "2020-01-01T00:00:00Z",
    });
    expect(config.rootfs.diff_ids).toEqual(base.rootfs.diff_ids);
    expect(config.config?.WorkingDir).toBe("/app");
    expect(config.history?.at(-1)).toEqual({
      created: "2020-01-01T00:00:00Z",
      created_by: "WORKDIR /app",
      comment: "tsdock",
      empty_layer: true,
    });
  });

  it.each([
    [undefined, 2],
    [[{ created_by: "a" }], 2],
    [[{ created_by: "a" }, { created_by: "b" }, { created_by: "c" }], 2],
  ])("has a line of history for each layer of a base, whatever the base says", (history, layers) => {
    const rest = { ...base };
    delete (rest as { history?: unknown }).history;
    const odd: ImageConfig = {
      ...rest,
      ...(history === undefined ? {} : { history }),
      rootfs: { type: "layers", diff_ids: [digestOf("1"), digestOf("2")] },
    };
    const { config } = assembleImage({ base: odd, platform: amd64, steps: [], layerOf });
    expect(config.history?.filter((line) => line.empty_layer !== true)).toHaveLength(layers);
  });

  it("makes an image of nothing", () => {
    const { steps } = platformOf(compileSound({ app: image().from(scratch).cmd(["x"]) }), "app");
    const { config } = assembleImage({
      platform: { os: "linux", architecture: "arm", variant: "v7" },
      steps,
      layerOf,
    });
    expect(config).toMatchObject({
      architecture: "arm",
      variant: "v7",
      config: { Cmd: ["x"] },
      rootfs: { diff_ids: [] },
    });
  });

  it("begins with what a plugin made", () => {
    const config = sourceImageConfig(amd64, [{ diffId: digestOf("a"), createdBy: "debian(bash)" }], {
      Cmd: ["bash"],
    });
    const assembled = assembleImage({ base: config, platform: amd64, steps: [], layerOf }).config;
    expect(assembled).toMatchObject({ config: { Cmd: ["bash"] }, history: [{ created_by: "debian(bash)" }] });
  });
});

describe("manifests", () => {
  const config = assembleImage({ platform: amd64, steps: [], layerOf });
  const layer = { mediaType: mediaTypes.layerTar, digest: digestOf("a"), size: 1 };

  it("describe the bytes that they are", () => {
    const manifest = assembleManifest({
      config,
      layers: [layer],
      platform: amd64,
      annotations: { a: "1" },
      descriptorAnnotations: { b: "2" },
    });
    expect(manifest.descriptor).toEqual({
      mediaType: mediaTypes.manifest,
      digest: digestOf(manifest.bytes),
      size: manifest.bytes.length,
      platform: amd64,
      annotations: { b: "2" },
    });
    expect(JSON.parse(manifest.bytes)).toMatchObject({
      schemaVersion: 2,
      layers: [layer],
      annotations: { a: "1" },
    });
    const index = assembleIndex([manifest.descriptor], { c: "é" });
    expect(index.descriptor).toEqual({
      mediaType: mediaTypes.index,
      digest: digestOf(index.bytes),
      size: Buffer.byteLength(index.bytes),
    });
  });

  it("have no empty annotations", () => {
    expect(
      JSON.parse(assembleManifest({ config, layers: [], platform: amd64, annotations: {} }).bytes),
    ).not.toHaveProperty("annotations");
  });
});
