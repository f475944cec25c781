import { TsdockError } from "../errors/tsdock-error.ts";
import {
  type AssembledConfig,
  assembleImage,
  assembleIndex,
  assembleManifest,
} from "../graph/assemble-image.ts";
import type { CompiledImage, CompiledPlatform, ImageStep, VertexId } from "../graph/definition.ts";
import { baseAnnotations, commonAnnotations, imageAnnotations } from "../graph/image-annotations.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { Platform } from "../oci/spec/platform.ts";
import type { BuildContext } from "./operation-handler.ts";
import type { Solution, VertexState } from "./solver.ts";
import type { Tree } from "./tree.ts";

type Done = Extract<VertexState, { outcome: "ran" | "cached" }>;

export interface BuiltLayer {
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
  /** It was there before this build. */
  readonly cached: boolean;
}

export interface BuiltPlatform {
  readonly platform: Platform;
  readonly imageId: Digest;
  /** Of the manifest in the store, whose layers are uncompressed. */
  readonly manifest: Descriptor;
  readonly layers: readonly BuiltLayer[];
}

export interface BuiltImage {
  readonly name: string;
  readonly image: CompiledImage;
  readonly platforms: readonly BuiltPlatform[];
  /** What its name in the store points to: the manifest, or the index over several platforms. */
  readonly descriptor: Descriptor;
  readonly cached: boolean;
  readonly ms: number;
}

const vertexOf = (step: ImageStep): VertexId | undefined =>
  step.type === "config" ? undefined : step.vertex;

/** The vertices of an image that did not get a tree: it cannot be assembled. */
export const unfinished = (image: CompiledImage, solution: Solution): boolean =>
  image.platforms.some(({ source, top, steps }) =>
    [source, top, ...steps.map(vertexOf)].some(
      (id) => id !== undefined && !("tree" in (solution.states.get(id) ?? {})),
    ),
  );

/** Puts an image's configuration and manifest together and writes what the store lacks of them. */
export async function storeImage(
  image: CompiledImage,
  solution: Solution,
  context: BuildContext,
): Promise<BuiltImage> {
  const platforms = await Promise.all(
    image.platforms.map((platform) => storePlatform(image, platform, solution, context)),
  );
  const vertices = image.platforms.flatMap((platform) => statesOf(platform, solution));
  const [only] = platforms;
  const single = platforms.length === 1 ? only : undefined;
  const descriptor = single?.manifest ?? (await storeIndex(image, platforms, solution, context));
  return {
    name: image.name,
    image,
    platforms,
    descriptor,
    cached: vertices.every((state) => state.outcome === "cached"),
    ms: vertices.reduce((sum, state) => sum + state.ms, 0),
  };
}

async function storeIndex(
  image: CompiledImage,
  platforms: readonly BuiltPlatform[],
  solution: Solution,
  context: BuildContext,
): Promise<Descriptor> {
  const bases = image.platforms.map(({ source }) =>
    baseAnnotations(doneState(source, solution)?.tree.base.image),
  );
  const index = assembleIndex(
    platforms.map((platform) => platform.manifest),
    imageAnnotations(image, "index", commonAnnotations(bases)),
  );
  await putOnce(index.bytes, index.descriptor.digest, context);
  return index.descriptor;
}

const doneState = (id: VertexId | undefined, solution: Solution): Done | undefined => {
  const state = id === undefined ? undefined : solution.states.get(id);
  return state !== undefined && "tree" in state ? state : undefined;
};

const statesOf = ({ source, steps }: CompiledPlatform, solution: Solution): readonly Done[] =>
  [source, ...steps.map(vertexOf)].flatMap((id) => doneState(id, solution) ?? []);

async function storePlatform(
  image: CompiledImage,
  compiled: CompiledPlatform,
  solution: Solution,
  context: BuildContext,
): Promise<BuiltPlatform> {
  const base = doneState(compiled.source, solution)?.tree.base.config;
  const config = assembleImage({
    base,
    platform: compiled.platform,
    steps: compiled.steps,
    layerOf: (vertex) => doneState(vertex, solution)?.layer?.diffId,
    layersOf: (vertex) => describedLayers(doneState(vertex, solution)?.tree),
    ...(context.clampTime === 0
      ? {}
      : { created: new Date(context.clampTime * 1000).toISOString().replace(".000Z", "Z") }),
  });
  const ran = new Set(
    statesOf(compiled, solution).flatMap((state) => (state.outcome === "ran" ? state.made : [])),
  );
  const layers = config.config.rootfs.diff_ids.map((diffId) => ({
    ...describeLayer(diffId, context),
    cached: !ran.has(diffId),
  }));
  const manifest = assembleManifest({
    config,
    layers: layers.map((layer) => layer.descriptor),
    platform: compiled.platform,
    annotations: imageAnnotations(
      image,
      "manifest",
      baseAnnotations(doneState(compiled.source, solution)?.tree.base.image),
    ),
    descriptorAnnotations: image.annotations.descriptor,
  });
  await writeBoth(config, manifest, layers, context);
  return { platform: compiled.platform, imageId: config.imageId, manifest: manifest.descriptor, layers };
}

/** A tree's layers with the lines that its source's history has for them. */
function describedLayers(
  tree: Tree | undefined,
): readonly { readonly diffId: Digest; readonly createdBy: string | undefined }[] {
  const config = tree?.base.config;
  const lines = (config?.history ?? []).filter((line) => line.empty_layer !== true);
  return (tree?.layers ?? []).map(({ diffId }, index) => ({
    diffId,
    createdBy: config?.rootfs.diff_ids[index] === diffId ? lines[index]?.created_by : undefined,
  }));
}

async function writeBoth(
  config: AssembledConfig,
  manifest: { readonly bytes: string; readonly descriptor: Descriptor },
  layers: readonly BuiltLayer[],
  context: BuildContext,
): Promise<void> {
  const { compressed } = context.store;
  await putOnce(config.bytes, config.imageId, context);
  await putOnce(manifest.bytes, manifest.descriptor.digest, context);
  for (const { diffId, descriptor } of layers) {
    // A layer that stays in its registry is remembered, so that others can tell it from one that was lost.
    const repository = context.layers.repository(diffId);
    if (descriptor.digest === diffId || repository === undefined) continue;
    const known = compressed
      .get(diffId)
      .some((one) => one.descriptor.digest === descriptor.digest && one.repositories.includes(repository));
    if (!known) await compressed.put(diffId, { descriptor, repositories: [repository] });
  }
}

async function putOnce(bytes: string, digest: Digest, context: BuildContext): Promise<void> {
  if (!context.store.blobs.has(digest)) await context.store.blobs.put(bytes);
}

function describeLayer(
  diffId: Digest,
  context: BuildContext,
): { readonly diffId: Digest; readonly descriptor: Descriptor } {
  const descriptor = context.layers.descriptor(diffId);
  if (descriptor === undefined)
    throw new TsdockError(
      "LAYER_MISSING",
      `the layer ${diffId} disappeared from the store during the build`,
      { hint: "build again" },
    );
  return { diffId, descriptor };
}
