import type { Descriptor, Index, Manifest } from "../oci/spec/descriptor.ts";
import { type Digest, digestOf } from "../oci/spec/digest.ts";
import type { ContainerConfig, History, ImageConfig } from "../oci/spec/image-config.ts";
import { mediaTypes } from "../oci/spec/media-types.ts";
import type { Platform } from "../oci/spec/platform.ts";
import { canonicalJson } from "../util/json.ts";
import { applyConfig } from "./apply-config.ts";
import { createdBy, runText } from "./created-by.ts";
import type { ImageStep, VertexId } from "./definition.ts";

/** What `created` says where no time is given: nothing that differs from build to build enters an image. */
export const epoch = "1970-01-01T00:00:00Z";
/** Says in `docker history` who wrote a line. */
const comment = "tsdock";

export interface AssembleInput {
  /** The configuration of the image's source; undefined for scratch. */
  readonly base?: ImageConfig | undefined;
  readonly platform: Platform;
  readonly steps: readonly ImageStep[];
  /** The layer that a vertex made; undefined where it changed nothing. */
  readonly layerOf: (vertex: VertexId) => Digest | undefined;
  /** All layers of a vertex's tree, lowest first, with the lines of their history where they have some. */
  readonly layersOf?: (
    vertex: VertexId,
  ) => readonly { readonly diffId: Digest; readonly createdBy?: string | undefined }[];
  /** RFC 3339; the epoch unless given. */
  readonly created?: string;
}

export interface AssembledConfig {
  readonly config: ImageConfig;
  /** As stored: its digest is the image's id. */
  readonly bytes: string;
  readonly imageId: Digest;
}

/**
 * Puts an image's configuration together (OCI image-spec, config.md): that of its base, what the steps change, a line of history for
 * each step after those of the base. Equal input gives equal bytes. Error `ENV_EXTENSION_FAILED`.
 */
export function assembleImage({
  base,
  platform,
  steps,
  layerOf,
  layersOf = () => [],
  created = epoch,
}: AssembleInput): AssembledConfig {
  const baseLayers = base?.rootfs.diff_ids ?? [];
  let container: ContainerConfig = applyConfig(base?.config ?? {}, []);
  const triggers: string[] = [];
  const layers: Digest[] = [...baseLayers];
  const history: History[] = [...completeHistory(base?.history ?? [], baseLayers.length)];
  for (const step of steps) {
    if (step.type === "layers") {
      for (const { diffId, createdBy: line = step.createdBy } of layersOf(step.vertex)) {
        layers.push(diffId);
        history.push({ created, created_by: line, comment });
      }
      continue;
    }
    const before = container;
    if (step.instruction?.type === "on-build") triggers.push(...step.instruction.triggers);
    else if (step.instruction !== undefined) container = applyConfig(before, [step.instruction]);
    const layer = step.type === "layer" ? layerOf(step.vertex) : undefined;
    if (layer !== undefined) layers.push(layer);
    const line = { created, created_by: historyText(step, before, container), comment };
    history.push(layer === undefined ? { ...line, empty_layer: true } : line);
  }
  const config: ImageConfig = {
    ...kept(base),
    created,
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config: triggers.length === 0 ? container : { ...container, OnBuild: triggers },
    rootfs: { type: "layers", diff_ids: layers },
    history,
  };
  const bytes = canonicalJson(config);
  return { config, bytes, imageId: digestOf(bytes) };
}

/** What of a base's configuration still holds: not its times, and nothing of the container that it was made in. */
function kept(base: ImageConfig | undefined): Partial<ImageConfig> {
  if (base === undefined) return {};
  const still = ["author", "os.version", "os.features"] as const;
  const record = base as unknown as Readonly<Record<string, unknown>>;
  return Object.fromEntries(still.flatMap((key) => (record[key] === undefined ? [] : [[key, record[key]]])));
}

/** Some builders write no history, or too little: a line stands for each layer that has none. */
function completeHistory(history: readonly History[], layers: number): readonly History[] {
  const known = history.filter((line) => line.empty_layer !== true).length;
  if (known > layers)
    return [...history.filter((line) => line.empty_layer === true), ...missingLines(layers)];
  return [...missingLines(layers - known), ...history];
}

const missingLines = (count: number): readonly History[] =>
  Array.from({ length: count }, () => ({ created_by: "(no history)" }));

function historyText(
  step: Exclude<ImageStep, { type: "layers" }>,
  before: ContainerConfig,
  after: ContainerConfig,
): string {
  if (step.type === "layer" && step.shellText !== undefined) return runText(step.shellText, before.Shell);
  const { instruction } = step;
  if (instruction?.type === "env-extend") {
    const set = new Set(before.Env);
    return `ENV ${(after.Env ?? []).filter((line) => !set.has(line)).join(" ")}`;
  }
  const dependsOnShell = instruction?.type === "cmd" || instruction?.type === "entrypoint";
  return dependsOnShell ? createdBy(instruction, before) : step.createdBy;
}

/** The configuration of a source that has none of its own: layers that a plugin, a merge or a diff made. */
export function sourceImageConfig(
  platform: Platform,
  layers: readonly { readonly diffId: Digest; readonly createdBy: string }[],
  config: ContainerConfig = {},
): ImageConfig {
  return {
    created: epoch,
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map((layer) => ({ created: epoch, created_by: layer.createdBy, comment })),
  };
}

export interface Assembled<T> {
  readonly value: T;
  readonly bytes: string;
  readonly descriptor: Descriptor;
}

type Annotations = Readonly<Record<string, string>>;
const annotated = (annotations: Annotations | undefined): { annotations?: Annotations } =>
  annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations };

function describe<T extends Manifest | Index>(value: T, extra: Partial<Descriptor>): Assembled<T> {
  const bytes = canonicalJson(value);
  const descriptor: Descriptor = {
    mediaType: value.mediaType,
    digest: digestOf(bytes),
    size: Buffer.byteLength(bytes),
    ...extra,
  };
  return { value, bytes, descriptor };
}

/** OCI image-spec, manifest.md. The descriptor carries the platform, and `descriptorAnnotations`, as an index wants them. */
export function assembleManifest(input: {
  readonly config: AssembledConfig;
  readonly layers: readonly Descriptor[];
  readonly platform: Platform;
  readonly annotations?: Annotations;
  readonly descriptorAnnotations?: Annotations;
}): Assembled<Manifest> {
  const { bytes, imageId } = input.config;
  const config: Descriptor = {
    mediaType: mediaTypes.config,
    digest: imageId,
    size: Buffer.byteLength(bytes),
  };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config,
    layers: input.layers,
    ...annotated(input.annotations),
  };
  return describe(manifest, { platform: input.platform, ...annotated(input.descriptorAnnotations) });
}

/** OCI image-spec, image-index.md: one image on several platforms, in the order given. */
export function assembleIndex(manifests: readonly Descriptor[], annotations?: Annotations): Assembled<Index> {
  const index: Index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests,
    ...annotated(annotations),
  };
  return describe(index, {});
}
